"""Declaration of MIMO-UNet."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.architecture import Architecture, PublishedCheckpoint, Shapes, count_layers
from spikecam.networks.config_checks import check_minimum
from spikecam.networks.picture_input import BlurryPictureInputConfig


@dataclass(frozen=True)
class MIMOUNetConfig:
    """Sizes of MIMO-UNet, by default the published ones.

    Attributes:
        width: channels at full resolution; twice and four times as many at a half and a quarter.
        blocks: residual blocks of each stage; MIMO-UNet+ has 20.
    """

    width: int = 32
    blocks: int = 8

    def __post_init__(self) -> None:
        # Below that, a stem has no channel beside the three of the picture.
        check_minimum(self, width=2, blocks=1)


def _infer_config(shapes: Shapes) -> MIMOUNetConfig:
    return MIMOUNetConfig(width=shapes["stem.weight"][0], blocks=count_layers(shapes, "encoder.0"))


ARCHITECTURE = Architecture(
    kind="mimounet",
    config=MIMOUNetConfig,
    input_config=BlurryPictureInputConfig,
    module="spikecam.networks.mimounet:MIMOUNet",
    published=PublishedCheckpoint(
        authors="MIMO-UNet",
        marker=r"SCM1\.conv\.main\.0",
        layers=(
            (r"feat_extract\.0\.main\.0", "stem"),
            (r"feat_extract\.1\.main\.0", "down.0"),
            (r"feat_extract\.2\.main\.0", "down.1"),
            (r"feat_extract\.3\.main\.0", "up.0"),
            (r"feat_extract\.4\.main\.0", "up.1"),
            (r"ConvsOut\.0\.main\.0", "predict.0"),
            (r"ConvsOut\.1\.main\.0", "predict.1"),
            (r"feat_extract\.5\.main\.0", "predict.2"),
            (r"Encoder\.(\d)\.layers\.(\d+)\.main\.0\.main\.0", r"encoder.\1.\2.first"),
            (r"Encoder\.(\d)\.layers\.(\d+)\.main\.1\.main\.0", r"encoder.\1.\2.second"),
            (r"Decoder\.(\d)\.layers\.(\d+)\.main\.0\.main\.0", r"decoder.\1.\2.first"),
            (r"Decoder\.(\d)\.layers\.(\d+)\.main\.1\.main\.0", r"decoder.\1.\2.second"),
            (r"Convs\.(\d)\.main\.0", r"join.\1"),
            (r"AFFs\.(\d)\.conv\.0\.main\.0", r"skip_fusion.\1.0"),
            (r"AFFs\.(\d)\.conv\.1\.main\.0", r"skip_fusion.\1.2"),
            # Theirs count from the coarsest picture on.
            *(
                layer
                for theirs, ours in ((2, 0), (1, 1))
                for layer in (
                    (rf"FAM{theirs}\.merge\.main\.0", f"picture_fusion.{ours}"),
                    (rf"SCM{theirs}\.conv\.main\.0", f"picture_encoder.{ours}.join"),
                    *(
                        (rf"SCM{theirs}\.main\.{i}\.main\.0", f"picture_encoder.{ours}.convs.{i}")
                        for i in range(4)
                    ),
                )
            ),
        ),
        infer_config=_infer_config,
    ),
)
