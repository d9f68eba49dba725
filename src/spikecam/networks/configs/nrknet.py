"""Declaration of NRKNet."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.architecture import Architecture, PublishedCheckpoint, Shapes, count_layers
from spikecam.networks.config_checks import check_minimum
from spikecam.networks.picture_input import BlurryPictureInputConfig


@dataclass(frozen=True)
class NRKNetConfig:
    """Sizes of NRKNet, by default the published ones.

    Attributes:
        width: channels at the resolution of a scale; twice and four times as many below.
        blocks: residual blocks of each stage.
        kernels: small blurs one after another, whose results are weighed.
    """

    width: int = 64
    blocks: int = 1
    kernels: int = 21

    def __post_init__(self) -> None:
        check_minimum(self, width=1, blocks=1, kernels=1)


def _infer_config(shapes: Shapes) -> NRKNetConfig:
    return NRKNetConfig(
        width=shapes["stem.weight"][0],
        blocks=count_layers(shapes, "encoder.0"),
        kernels=shapes["blur_stack.kernels"][0] // 3,
    )


ARCHITECTURE = Architecture(
    kind="nrknet",
    config=NRKNetConfig,
    input_config=BlurryPictureInputConfig,
    module="spikecam.networks.nrknet:NRKNet",
    published=PublishedCheckpoint(
        authors="NRKNet",
        marker="GCM",
        layers=(
            ("GCM", "blur_stack"),
            (r"SummationLayer\.conv", "blur_sum"),
            (r"APU\.conv\.main\.0", "plane_weights.conv"),
            (r"APU\.conv\.main\.1", "plane_weights.norm"),
            (r"APU\.conv_atten\.conv", "plane_weights.lstm.gates"),
            (r"feat_extract\.0\.main\.0", "stem"),
            (r"feat_extract\.1\.main\.0", "down.0"),
            (r"feat_extract\.2\.main\.0", "down.1"),
            (r"feat_extract\.3\.main\.0", "up.0"),
            (r"feat_extract\.4\.main\.0", "up.1"),
            (r"bottleneck\.0\.main\.0", "bottleneck_conv"),
            (r"bottleneck\.1\.layers\.(\d+)\.main\.0\.main\.0", r"bottleneck.\1.first"),
            (r"bottleneck\.1\.layers\.(\d+)\.main\.1\.main\.0", r"bottleneck.\1.second"),
            (r"Encoder\.(\d)\.layers\.(\d+)\.main\.0\.main\.0", r"encoder.\1.\2.first"),
            (r"Encoder\.(\d)\.layers\.(\d+)\.main\.1\.main\.0", r"encoder.\1.\2.second"),
            (r"Decoder\.(\d)\.layers\.(\d+)\.main\.0\.main\.0", r"decoder.\1.\2.first"),
            (r"Decoder\.(\d)\.layers\.(\d+)\.main\.1\.main\.0", r"decoder.\1.\2.second"),
        ),
        infer_config=_infer_config,
        unused=((r"APU\.conv\.main\.1\.num_batches_tracked", None),),
    ),
)
