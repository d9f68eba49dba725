"""Declaration of LDN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from spikecam.errors import OptionError
from spikecam.networks.architecture import (
    Architecture,
    InputConfig,
    PublishedCheckpoint,
    Shapes,
    count_layers,
)
from spikecam.networks.config_checks import check_minimum

if TYPE_CHECKING:
    from torch import Tensor


# Pixels of the picture, a side, to one of the spikes.
PICTURE_SCALE = 4


@dataclass(frozen=True)
class LDNConfig:
    """Sizes of LDN, by default the published ones.

    Attributes:
        window: spike frames that make one picture.
        width: channels at half of the picture's resolution; twice as many at a quarter.
        reduction: by how much channel attention narrows.
        blocks: residual blocks.
    """

    window: int = 21
    width: int = 16
    reduction: int = 16
    blocks: int = 2

    def __post_init__(self) -> None:
        check_minimum(self, window=1, width=1, reduction=1, blocks=0)
        if self.reduction > 4 * self.width:
            raise OptionError(
                f"{4 * self.width} channels cannot be narrowed {self.reduction} times; choose a "
                "smaller reduction"
            )


@dataclass(frozen=True)
class LDNInputConfig(InputConfig):
    """Constants of the input of LDN.

    The input is the blurry picture in [0, 1], RGB, and the spikes of ``LDNConfig.window`` frames.
    """

    kind: ClassVar[str] = "spike-window"


def _infer_config(shapes: Shapes) -> LDNConfig:
    width = shapes["blur_encoder.0.weight"][0]
    return LDNConfig(
        window=shapes["spike_encoder.0.weight"][1],
        width=width,
        reduction=4 * width // shapes["channel_attention.squeeze.weight"][0],
        blocks=count_layers(shapes, "blocks"),
    )


def _swap_bgr_to_rgb(state_dict: dict[str, Tensor]) -> None:
    """Swap the colour channels of the weights from BGR to RGB, in place."""
    import torch

    state_dict["blur_encoder.0.weight"] = state_dict["blur_encoder.0.weight"].flip(1)
    predict = state_dict["predict.weight"].flip(0)
    state_dict["predict.weight"] = torch.cat([predict[:, :3].flip(1), predict[:, 3:]], dim=1)
    state_dict["predict.bias"] = state_dict["predict.bias"].flip(0)


# Their blocks count from 1, ours from 0.
_MOST_BLOCKS = 64

ARCHITECTURE = Architecture(
    kind="ldn",
    config=LDNConfig,
    input_config=LDNInputConfig,
    module="spikecam.networks.ldn:LDN",
    published=PublishedCheckpoint(
        authors="SpikeReveal",
        marker=r"blur_enc\.0",
        layers=(
            (r"blur_enc\.0", "blur_encoder.0"),
            (r"blur_enc2\.0", "blur_encoder.2"),
            (r"spike_enc\.0", "spike_encoder.0"),
            (r"spike_enc2\.0", "spike_encoder.2"),
            (r"ca\.fc\.0", "channel_attention.squeeze"),
            (r"ca\.fc\.2", "channel_attention.expand"),
            (r"sa\.conv1", "spatial_attention.conv"),
            *(
                (rf"resBlock{i + 1}\.conv_block\.{place}", f"blocks.{i}.{name}")
                for i in range(_MOST_BLOCKS)
                for place, name in ((0, "first"), (3, "second"))
            ),
            (r"decoder1\.0", "decoder.0"),
            (r"decoder2\.0", "decoder.2"),
            (r"pred", "predict"),
        ),
        infer_config=_infer_config,
        convert=_swap_bgr_to_rgb,
    ),
)
