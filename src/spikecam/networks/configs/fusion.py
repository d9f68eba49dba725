"""Declaration of the fusion network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.errors import OptionError
from spikecam.networks.architecture import Architecture, InputConfig
from spikecam.networks.config_checks import check_increasing, check_minimum


@dataclass(frozen=True)
class FusionConfig:
    """Sizes of the fusion network.

    Attributes:
        pictures: estimates of the picture that are weighed.
        maps: other maps, that say how far each can be trusted.
        width, deep_width: channels on grids a half and a quarter as fine as the picture.
        blocks: residual blocks a half as fine: two before the deep ones, the rest after.
        deep_blocks: residual blocks a quarter as fine.
    """

    pictures: int = 17
    maps: int = 6
    width: int = 48
    deep_width: int = 96
    blocks: int = 5
    deep_blocks: int = 4

    def __post_init__(self) -> None:
        check_minimum(self, pictures=1, maps=0, width=1, deep_width=1, blocks=2, deep_blocks=0)


@dataclass(frozen=True)
class FusionInputConfig(InputConfig):
    """Constants of the input of the fusion network.

    The input is estimates of the picture from short exposures, along motion and without, and maps
    of how much light there is, how fast it moves, how much of it is hidden, and how far the lens
    blurs.

    Attributes:
        windows: frames of exposures around the moment that nothing moves, odd.
        group_edges: distances in frames at which groups of exposures along motion end.
        decay: of least squares along motion, see `spikecam.reconstruction.motion_least_squares`.
        prior: weight of its prior.
        steps: of conjugate gradients after which its picture is an estimate; none leave least
            squares out, and the map of what is hidden with them.
        min_rate: added to firing rates before their logarithm.
        key_step, finest_level: see `spikecam.reconstruction.motion_span.FlowDetail`.
    """

    kind: ClassVar[str] = "aligned-rates"

    windows: tuple[int, ...] = (1, 3, 9, 21)
    group_edges: tuple[int, ...] = (3, 8, 14, 24, 40, 64)
    decay: float = 0.9
    prior: float = 0.1
    steps: tuple[int, ...] = (1, 3)
    min_rate: float = 0.002
    key_step: int = 8
    finest_level: int = 0

    def __post_init__(self) -> None:
        check_increasing(self, "windows")
        check_increasing(self, "group_edges")
        if self.steps:
            check_increasing(self, "steps")
        check_minimum(self, key_step=1, finest_level=0)
        if any(window % 2 == 0 for window in self.windows):
            raise OptionError(f"windows are odd numbers of frames, not {self.windows}")
        if self.min_rate <= 0:
            raise OptionError(f"min_rate is a number above 0, not {self.min_rate}")

    @property
    def pictures(self) -> int:
        """Number of estimates: windows, groups before and after, their mean, and least squares."""
        return len(self.windows) + 2 * (len(self.group_edges) - 1) + 1 + len(self.steps)

    @property
    def maps(self) -> int:
        """Number of maps."""
        return 6 if self.steps else 5

    @property
    def mean_picture(self) -> int:
        """Index of the mean along motion among the estimates."""
        return len(self.windows) + 2 * (len(self.group_edges) - 1)


# For many pictures a second: fewer exposures, coarser optical flow, no least squares.
QUICK_FUSION_INPUT = FusionInputConfig(
    windows=(1, 3, 9, 21), group_edges=(3, 8, 16, 32), steps=(), key_step=16, finest_level=1
)

ARCHITECTURE = Architecture(
    kind="fusion",
    config=FusionConfig,
    input_config=FusionInputConfig,
    module="spikecam.networks.fusion:Fusion",
)
