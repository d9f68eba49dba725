"""Declaration of Spk2ImgNet."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.architecture import (
    Architecture,
    PublishedCheckpoint,
    Shapes,
    count_layers,
)
from spikecam.networks.config_checks import check_groups, check_minimum
from spikecam.networks.short_windows import check_short_window, count_window_frames
from spikecam.networks.spikes_input import SpikesInputConfig

# Branches of the extractor; each leaves out one frame more at both ends of a short window.
BRANCHES = 4


@dataclass(frozen=True)
class Spk2ImgNetConfig:
    """Sizes of Spk2ImgNet, by default the published ones.

    Attributes:
        short_window: odd number of frames of each of the five short windows.
        step: frames from one short window to the next.
        width: channels of the features, a multiple of ``groups``.
        groups: groups of channels that share offsets in deformable convolutions.
        blocks: residual blocks of the extractor.
    """

    short_window: int = 13
    step: int = 7
    width: int = 64
    groups: int = 8
    blocks: int = 10

    def __post_init__(self) -> None:
        check_minimum(self, short_window=2 * BRANCHES - 1, step=1, width=1, groups=1, blocks=0)
        check_short_window(self)
        check_groups(self)

    @property
    def window(self) -> int:
        """Frames that make one picture."""
        return count_window_frames(self)


# No weight tells the step; of other short windows it is not known.
_STEPS = {13: 7}


def _infer_config(shapes: Shapes) -> Spk2ImgNetConfig:
    short_window = shapes["extractor.branches.0.0.weight"][1]
    return Spk2ImgNetConfig(
        short_window=short_window,
        step=_STEPS[short_window],
        width=shapes["extractor.mix.weight"][0],
        # Two offsets and a mask for each of nine taps.
        groups=shapes["align.cascade.offsets.weight"][0] // 27,
        blocks=count_layers(shapes, "extractor.blocks"),
    )


_ALIGN = r"pcd_align\.pcd_align"

ARCHITECTURE = Architecture(
    kind="spk2imgnet",
    config=Spk2ImgNetConfig,
    input_config=SpikesInputConfig,
    module="spikecam.networks.spk2imgnet:Spk2ImgNet",
    published=PublishedCheckpoint(
        authors="Spk2ImgNet",
        marker=rf"{_ALIGN}\.cas_dcnpack",
        layers=(
            (r"extractor\.conv0_(\d)", r"extractor.branches.\1.0"),
            (r"extractor\.conv1_(\d)", r"extractor.branches.\1.2"),
            (r"extractor\.ca\.ca_block\.(\d)", r"extractor.attention.\1"),
            (r"extractor\.conv", "extractor.mix"),
            *(
                (rf"extractor\.net\.(\d+)\.conv{i + 1}", rf"extractor.blocks.\1.{2 * i}")
                for i in range(3)
            ),
            # Theirs are numbered by short windows, of which the middle one has no mask.
            *(
                (rf"mask{window}\.{layer}{i}", f"masks.{mask}.{2 * i + shift}")
                for mask, window in enumerate((0, 1, 3, 4))
                for layer, count, shift in (("conv", 3, 0), ("prelu", 2, 1))
                for i in range(count)
            ),
            *((rf"rec_conv{i}", f"reconstruct.{2 * i}") for i in range(3)),
            *(
                (rf"pcd_align\.fea_L{i + 2}_conv{place + 1}", f"align.down.{i}.{2 * place}")
                for i in range(2)
                for place in range(2)
            ),
            (rf"{_ALIGN}\.L3_offset_conv1_1", "align.levels.2.compare"),
            (rf"{_ALIGN}\.L3_offset_conv2_1", "align.levels.2.refine"),
            *(
                (rf"{_ALIGN}\.L{level + 1}_{theirs}", f"align.levels.{level}.{ours}")
                for level in range(2)
                for theirs, ours in (
                    (r"offset_conv1_1", "compare"),
                    (r"offset_conv2_1", "merge"),
                    (r"offset_conv3_1", "refine"),
                    (r"fea_conv_1", "fuse"),
                )
            ),
            *(
                layer
                for level in range(3)
                for layer in (
                    (rf"{_ALIGN}\.L{level + 1}_dcnpack_1", f"align.levels.{level}.deform"),
                    (
                        rf"{_ALIGN}\.L{level + 1}_dcnpack_1\.conv_offset_mask",
                        f"align.levels.{level}.offsets",
                    ),
                )
            ),
            (rf"{_ALIGN}\.cas_offset_conv1", "align.cascade.compare"),
            (rf"{_ALIGN}\.cas_offset_conv2", "align.cascade.refine"),
            (rf"{_ALIGN}\.cas_dcnpack", "align.cascade.deform"),
            (rf"{_ALIGN}\.cas_dcnpack\.conv_offset_mask", "align.cascade.offsets"),
        ),
        infer_config=_infer_config,
    ),
)
