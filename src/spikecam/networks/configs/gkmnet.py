"""Declaration of GKMNet."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.architecture import Architecture, PublishedCheckpoint, Shapes
from spikecam.networks.config_checks import check_minimum
from spikecam.networks.picture_input import BlurryPictureInputConfig


@dataclass(frozen=True)
class GKMNetConfig:
    """Sizes of GKMNet, by default the published ones.

    Attributes:
        width: channels at the resolution of a scale; twice and four times as many below.
        kernels: Gaussian blurs, of 0.25 pixels and multiples of that.
    """

    width: int = 32
    kernels: int = 21

    def __post_init__(self) -> None:
        check_minimum(self, width=1, kernels=1)


def _infer_config(shapes: Shapes) -> GKMNetConfig:
    return GKMNetConfig(
        width=shapes["stem.conv.weight"][0], kernels=shapes["blur_sum.weight"][1] // 6 - 1
    )


ARCHITECTURE = Architecture(
    kind="gkmnet",
    config=GKMNetConfig,
    input_config=BlurryPictureInputConfig,
    module="spikecam.networks.gkmnet:GKMNet",
    published=PublishedCheckpoint(
        authors="GKMNet",
        marker=r"SumLayer\.conv",
        layers=(
            (r"SumLayer\.conv", "blur_sum"),
            (r"APU\.conv\.conv\.0", "plane_weights.conv"),
            (r"APU\.conv\.conv\.1", "plane_weights.norm"),
            (r"APU\.conv_atten\.conv", "plane_weights.lstm.gates"),
            *(
                (rf"{theirs}\.{layer}", f"{ours}.{our_layer}")
                for theirs, ours in (
                    ("in_block", "stem"),
                    ("conv_block1_1", "down.0"),
                    ("conv_block2_1", "down.1"),
                    ("bottle_neck_1", "bottleneck"),
                    ("conv_block3_1", "up.0"),
                    ("conv_block4_1", "up.1"),
                )
                for layer, our_layer in (
                    (r"conv\.0", "conv"),
                    (r"conv\.1", "norm"),
                    (r"res_block\.conv\.0", "first"),
                    (r"res_block\.conv\.1", "first_norm"),
                    (r"res_block\.conv1\.0", "second"),
                    (r"res_block\.conv1\.1", "second_norm"),
                    (r"ta\.(hw|cw|hc)\.conv\.conv", r"attention.\1.conv"),
                    (r"ta\.(hw|cw|hc)\.conv\.bn", r"attention.\1.norm"),
                )
            ),
        ),
        infer_config=_infer_config,
        unused=((r".*\.num_batches_tracked", None),),
    ),
)
