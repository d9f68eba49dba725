"""Declaration of WGSE."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.errors import OptionError
from spikecam.networks.architecture import (
    Architecture,
    PublishedCheckpoint,
    Shapes,
    count_layers,
)
from spikecam.networks.config_checks import check_minimum
from spikecam.networks.db8 import HIGH_PASS, LOW_PASS
from spikecam.networks.spikes_input import SpikesInputConfig


@dataclass(frozen=True)
class WGSEConfig:
    """Sizes of WGSE, by default the published ones.

    Attributes:
        window: odd number of spike frames that make one picture.
        levels: of the wavelet transform.
        temporal_width: channels of the networks along time.
        width: channels of the residual blocks.
        tail_width: channels before the picture.
        blocks: residual blocks.
    """

    window: int = 41
    levels: int = 5
    temporal_width: int = 32
    width: int = 256
    tail_width: int = 64
    blocks: int = 3

    def __post_init__(self) -> None:
        check_minimum(self, window=1, levels=1, temporal_width=1, width=1, tail_width=1, blocks=0)
        if self.window % 2 == 0:
            raise OptionError(f"the window of WGSE is an odd number of frames, not {self.window}")


def _infer_config(shapes: Shapes) -> WGSEConfig:
    return WGSEConfig(
        # The wavelet transform gives one plane more than the window has frames.
        window=shapes["head.weight"][1] - 1,
        levels=count_layers(shapes, "details"),
        temporal_width=shapes["approximation.first.weight"][0],
        width=shapes["head.weight"][0],
        tail_width=shapes["tail.0.weight"][0],
        blocks=count_layers(shapes, "blocks"),
    )


ARCHITECTURE = Architecture(
    kind="wgse",
    config=WGSEConfig,
    input_config=SpikesInputConfig,
    module="spikecam.networks.wgse:WGSE",
    published=PublishedCheckpoint(
        authors="WGSE",
        marker=r"wvl\.yl_block\.0\.tcn0\.0",
        layers=(
            (r"wvl\.yh_blocks\.(\d+)\.0\.tcn0\.0", r"details.\1.first"),
            (r"wvl\.yh_blocks\.(\d+)\.0\.tcn1\.0", r"details.\1.second"),
            (r"wvl\.yh_blocks\.(\d+)\.1", r"details.\1.last"),
            (r"wvl\.yl_block\.0\.tcn0\.0", "approximation.first"),
            (r"wvl\.yl_block\.0\.tcn1\.0", "approximation.second"),
            (r"wvl\.yl_block\.1", "approximation.last"),
            (r"conv\.0", "head"),
            (r"resblocks\.(\d+)\.conv1", r"blocks.\1.first"),
            (r"resblocks\.(\d+)\.conv2", r"blocks.\1.second"),
            (r"tail\.(\d)", r"tail.\1"),
        ),
        infer_config=_infer_config,
        unused=(
            (r"wvl\.dwt\.h0", LOW_PASS),
            (r"wvl\.dwt\.h1", HIGH_PASS),
            (r"wvl\.idwt\.g0", LOW_PASS),
            (r"wvl\.idwt\.g1", HIGH_PASS),
        ),
    ),
)
