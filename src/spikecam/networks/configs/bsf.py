"""Declaration of BSF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.networks.architecture import (
    Architecture,
    InputConfig,
    PublishedCheckpoint,
    Shapes,
    count_layers,
)
from spikecam.networks.config_checks import check_groups, check_minimum
from spikecam.networks.short_windows import check_short_window, count_window_frames

# Levels of the pyramid.
LEVELS = 3
# Frames from one short window to the next, by their length; no weight tells it. The first are the
# authors' 61 frames, the others the 41 of Spike-Zoo.
_STEPS = {21: 10, 13: 7}
_SPIKE_ZOO_WINDOW = 41


@dataclass(frozen=True)
class BSFConfig:
    """Sizes of BSF, by default the published ones.

    Attributes:
        short_window: odd number of frames of each of the five short windows.
        step: frames from one short window to the next.
        width: channels of the features, a multiple of ``groups``.
        groups: groups of channels that share offsets in deformable convolutions.
        blocks: residual blocks of the encoder.
    """

    short_window: int = 21
    step: int = 10
    width: int = 64
    groups: int = 4
    blocks: int = 4

    def __post_init__(self) -> None:
        check_minimum(self, short_window=1, step=1, width=1, groups=1, blocks=0)
        check_short_window(self)
        check_groups(self)

    @property
    def window(self) -> int:
        """Frames that make one picture."""
        return count_window_frames(self)


@dataclass(frozen=True)
class BSFInputConfig(InputConfig):
    """Constants of the input of BSF.

    The input is intervals between spikes in ``BSFConfig.window`` frames around the picture's (see
    `spikecam.reconstruction.interval_maps`).

    Attributes:
        spike_ends_interval: whether the frame of a spike belongs to the interval that ends there,
            else to the one that begins.
        margin: frames on each side of the window in which spikes are searched for.
        max_interval: longer ones, in frames, are taken for this long.
    """

    kind: ClassVar[str] = "interval-maps"

    spike_ends_interval: bool = True
    margin: int = 100
    max_interval: int = 255

    def __post_init__(self) -> None:
        check_minimum(self, margin=0, max_interval=1)


def default_input_config(config: BSFConfig) -> BSFInputConfig:
    """Constants of the input by which published weights of a configuration were trained."""
    if config.window == _SPIKE_ZOO_WINDOW:
        return BSFInputConfig(spike_ends_interval=False, margin=0)
    return BSFInputConfig()


def _infer_config(shapes: Shapes) -> BSFConfig:
    width, short_window = shapes["represent.shared.0.weight"][:2]
    return BSFConfig(
        short_window=short_window,
        step=_STEPS[short_window],
        width=width,
        # Two offsets and a mask for each of nine taps.
        groups=shapes["align.levels.2.offsets.2.weight"][0] // 27,
        blocks=count_layers(shapes, "encoder"),
    )


ARCHITECTURE = Architecture(
    kind="bsf",
    config=BSFConfig,
    input_config=BSFInputConfig,
    module="spikecam.networks.bsf:BSF",
    published=PublishedCheckpoint(
        authors="BSF",
        marker=r"align\.kpa",
        layers=(
            (r"rep\.conv1\.(\d)", r"represent.shared.\1"),
            *((rf"rep\.conv_for_others\.{i}\.(\d)", rf"represent.others.{i}.\1") for i in range(3)),
            (r"rep\.conv_fuse\.(\d)", r"represent.fuse.\1"),
            (r"encoder\.conv_list\.(\d+)\.0", r"encoder.\1.0"),
            (r"encoder\.conv_list\.(\d+)\.2", r"encoder.\1.2"),
            (r"align\.kpa", "align.attention"),
            (r"align\.kpa\.to_q", "align.attention.query"),
            (r"align\.kpa\.to_k", "align.attention.key"),
            (r"align\.kpa\.to_v", "align.attention.value"),
            (r"align\.deform_conv", "align.deform"),
            *(
                (rf"align\.conv_ds_L{i + 2}\.(\d)", rf"align.down.{i}.\1")
                for i in range(LEVELS - 1)
            ),
            *(
                (rf"align\.align_L{level + 1}\.{theirs}\.(\d)", rf"align.levels.{level}.{ours}.\1")
                for level in range(LEVELS)
                for theirs, ours in (
                    ("offset_conv_1", "offsets"),
                    ("offset_conv2_1", "refine_offsets"),
                    ("fuse_feat", "fuse"),
                )
            ),
            (r"recons\.(\d)", r"reconstruct.\1"),
        ),
        infer_config=_infer_config,
    ),
)
