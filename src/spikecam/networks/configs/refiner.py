"""Declaration of the refiner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.errors import OptionError
from spikecam.networks.architecture import Architecture, InputConfig
from spikecam.networks.config_checks import check_increasing, check_minimum

# Maps of light aligned along motion: of the nearest, that before, that after, and all.
ALIGNED_MAPS = 4


@dataclass(frozen=True)
class RefinerConfig:
    """Sizes of the refiner.

    Attributes:
        exposure_maps: maps that describe the exposure as a whole.
        moment_maps: maps that describe one moment, the last of them the logarithm of the ratio by
            which the blurry picture is multiplied.
        width: channels on the grid a quarter as fine as the picture.
        deep_width: channels on the grid an eighth as fine.
        picture_blocks: residual blocks of the picture's branch.
        deep_blocks: residual blocks of the moment's branch, an eighth as fine.
        blocks: residual blocks of the moment's branch, a quarter as fine: two before, the rest
            after the deep ones.
        sdm_change: whether the moment's branch sees what SDM changes in the picture; a larger
            network can tell it from the maps.
        flow_warp: whether pictures of other moments, warped by optical flow, are seen (see
            `spikecam.deblurring.flow_warp`).
        colour_lines: whether colour follows the blurry picture's colour in its gray (see
            `spikecam.networks.colour_lines`); else it is multiplied by the ratio of gray.
    """

    exposure_maps: int = 19
    moment_maps: int = 24
    width: int = 64
    deep_width: int = 128
    picture_blocks: int = 2
    deep_blocks: int = 3
    blocks: int = 5
    sdm_change: bool = True
    flow_warp: bool = True
    colour_lines: bool = True

    def __post_init__(self) -> None:
        minimum = {
            "width": 1,
            "deep_width": 1,
            "picture_blocks": 0,
            "deep_blocks": 0,
            "blocks": 2,
        }
        check_minimum(self, exposure_maps=1, moment_maps=1, **minimum)


@dataclass(frozen=True)
class RefinerInputConfig(InputConfig):
    """Constants of the input of the refiner.

    The input is logarithms of firing-rate ratios, and pictures warped along optical flow.

    Times are in units of ``exposure_units`` to an exposure, so that neither the frame rate nor the
    length of the exposure matters.

    Attributes:
        exposure_units: units of time in an exposure.
        exposure_parts: windows that the exposure is divided into.
        margin: units before and after the exposure, a window each.
        window_edges: distances of the edges of the windows around a moment from it, in units; the
            first is half of the middle window.
        prior: of the ratios, in thresholds (see `spikecam.deblurring.log_rate_ratios`).
        sdm_window: units of SDM's own window.
        sdm_prior: of SDM's own ratio, in thresholds.
        min_scale: pictures less than this many times as fine as the spikes are enlarged, so that
            no spikes are averaged away.
        aligned_units: units of each of the windows whose light is aligned along motion.
        aligned_windows: how many of them are before a moment, and after it; 0 for a network that
            does without.
        near_windows: how many of them are near.
        flow_blur: standard deviation of the Gaussian blur before optical flow, in spike pixels.
        white_quantile: of firing rates, that becomes white for optical flow.
        gray_weights: name of the weights of the fusion network that gives the gray of a moment from
            spikes alone; empty for a network that does without.
    """

    kind: ClassVar[str] = "log-rate-ratios"
    version: ClassVar[int] = 3

    exposure_units: int = 97
    exposure_parts: int = 16
    margin: int = 20
    window_edges: tuple[float, ...] = (2.5, 6.5, 11.5, 18.5, 27.5, 39.5, 55.5, 77.5, 116.5)
    prior: float = 0.1
    sdm_window: int = 17
    sdm_prior: float = 0.2
    min_scale: float = 3.0
    aligned_units: float = 6.0
    aligned_windows: int = 10
    near_windows: int = 2
    flow_blur: float = 0.9
    white_quantile: float = 0.995
    gray_weights: str = "fusion-small"

    def __post_init__(self) -> None:
        check_minimum(
            self,
            exposure_units=1,
            exposure_parts=1,
            margin=0,
            sdm_window=1,
            aligned_windows=0,
            near_windows=0,
        )
        check_increasing(self, "window_edges")
        numbers = self.prior, self.sdm_prior, self.flow_blur, self.min_scale, self.aligned_units
        if min(numbers) <= 0:
            raise OptionError("priors, min_scale, flow_blur and aligned_units are numbers above 0")
        if not 0 < self.white_quantile <= 1:
            raise OptionError(
                f"white_quantile is a share above 0 and up to 1, not {self.white_quantile}"
            )

    @property
    def exposure_maps(self) -> int:
        """Number of maps of the exposure. They are of its parts, both margins, and the charge."""
        return self.exposure_parts + 3

    @property
    def moment_maps(self) -> int:
        """Number of maps of a moment.

        They are of its windows, its place in the exposure, SDM's ratio, light aligned along motion,
        and the gray from spikes alone.
        """
        windows = 2 * len(self.window_edges) + 1
        aligned = ALIGNED_MAPS if self.aligned_windows else 0
        return windows + aligned + (1 if self.gray_weights else 0)


ARCHITECTURE = Architecture(
    kind="refiner",
    config=RefinerConfig,
    input_config=RefinerInputConfig,
    module="spikecam.networks.refiner:Refiner",
)
