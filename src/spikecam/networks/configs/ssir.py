"""Declaration of SSIR."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.architecture import Architecture, PublishedCheckpoint, Shapes
from spikecam.networks.config_checks import check_minimum
from spikecam.networks.spikes_input import SpikesInputConfig


@dataclass(frozen=True)
class SSIRConfig:
    """Sizes of SSIR, by default the published ones.

    Attributes:
        window: spike frames that make one picture.
        width: channels of the encoder.
        narrow_width: channels inside the residual block.
        decoder_width: channels of the decoder.
        head_width: channels of the convolutions that make the picture.
    """

    window: int = 41
    width: int = 128
    narrow_width: int = 32
    decoder_width: int = 64
    head_width: int = 32

    def __post_init__(self) -> None:
        check_minimum(self, window=1, width=1, narrow_width=1, decoder_width=1, head_width=1)


def _infer_config(shapes: Shapes) -> SSIRConfig:
    width, window = shapes["first.conv.weight"][:2]
    return SSIRConfig(
        window=window,
        width=width,
        narrow_width=shapes["block.0.conv.weight"][0],
        decoder_width=shapes["up.conv.weight"][1],
        head_width=shapes["predict.weight"][1],
    )


def _neuron_layers(theirs: str, ours: str) -> list[tuple[str, str]]:
    """Names of a convolution, its normalisation and its neurons."""
    parts = ("conv", "norm", "neurons")
    return [(rf"{theirs}\.layer\.{i}", f"{ours}.{part}") for i, part in enumerate(parts)]


ARCHITECTURE = Architecture(
    kind="ssir",
    config=SSIRConfig,
    input_config=SpikesInputConfig,
    module="spikecam.networks.ssir:SSIR",
    published=PublishedCheckpoint(
        authors="SSIR",
        marker=r"static_conv\.layer\.2",
        layers=(
            *_neuron_layers("static_conv", "first"),
            *_neuron_layers("enc1", "down"),
            *_neuron_layers("dec3", "up"),
            *(
                (rf"eres1\.{theirs}", f"block.{i}.{part}")
                for i in range(3)
                for theirs, part in (
                    (rf"conv{i + 1}\.0", "conv"),
                    (rf"conv{i + 1}\.1", "norm"),
                    (f"sn{i + 1}", "neurons"),
                )
            ),
            *(
                (rf"pred3\.conv{i + 1}\.{j}", f"head.{2 * i + j}")
                for i in range(3)
                for j in range(2)
            ),
            (r"pred3\.conv4", "predict"),
        ),
        infer_config=_infer_config,
        unused=((r".*\.num_batches_tracked", None),),
    ),
)
