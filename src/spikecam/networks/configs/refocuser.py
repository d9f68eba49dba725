"""Declaration of the refocuser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.errors import OptionError
from spikecam.networks.architecture import Architecture, InputConfig
from spikecam.networks.config_checks import check_increasing, check_minimum


@dataclass(frozen=True)
class RefocuserConfig:
    """Sizes of the refocuser.

    Attributes:
        width, middle_width, deep_width: channels a half, a quarter and an eighth as fine.
        blocks, middle_blocks, deep_blocks: residual blocks there; of the first two, as many on
            the way up as on the way down.
        score_blocks: residual blocks of the scoring branch, an eighth as fine.
        score_width: channels in which each map is encoded for scoring.
    """

    width: int = 48
    middle_width: int = 80
    deep_width: int = 128
    blocks: int = 2
    middle_blocks: int = 4
    deep_blocks: int = 4
    score_blocks: int = 4
    score_width: int = 12

    def __post_init__(self) -> None:
        blocks = {"blocks": 0, "middle_blocks": 0, "deep_blocks": 0, "score_blocks": 0}
        check_minimum(self, width=1, middle_width=1, deep_width=1, score_width=1, **blocks)


# The small one is for slow processors.
SIZES = {
    "base": RefocuserConfig(),
    "small": RefocuserConfig(
        width=24, middle_width=32, deep_width=64, blocks=1, deep_blocks=2, score_width=8
    ),
}


@dataclass(frozen=True)
class RefocuserInputConfig(InputConfig):
    """Constants of the input of the refocuser.

    The input is firing rates in windows of several lengths, deconvolutions, and band energies.

    Frequencies are in cycles a pixel.

    Attributes:
        window_divisors: lengths of the windows, as divisors of the longest.
        min_window: frames that the longest has at least.
        disc_radii: radii in pixels of the discs of defocus that are deconvolved.
        noise_levels: lambda of Wiener's deconvolution, from much noise to hardly any.
        band_centres: centres of the frequency bands.
        band_limits: lower edge of the first band, and upper edge of the last.
        min_band_frequency: energies are divided by the frequency, down to this one: bands of low
            frequencies hold little.
        border: pixels by which the picture is mirrored beyond its border before it is filtered.
    """

    kind: ClassVar[str] = "multi-scale-rates"

    window_divisors: tuple[int, ...] = (1, 2, 4, 8)
    min_window: int = 25
    disc_radii: tuple[float, ...] = (
        *(1.0, 1.5, 2.0, 2.5, 3.0, 3.5),
        *(4.0, 4.75, 5.75, 7.0, 8.5, 10.5),
    )
    noise_levels: tuple[float, ...] = (1.0, 0.1, 0.01)
    # Four to an octave, and evenly where these lie farther apart than the zeros of large discs.
    band_centres: tuple[float, ...] = (
        *(0.03 * 2 ** (k / 4) for k in range(8)),
        *(0.12 + 0.03 * k for k in range(13)),
    )
    band_limits: tuple[float, float] = (0.025, 0.51)
    min_band_frequency: float = 0.05
    border: int = 24

    def __post_init__(self) -> None:
        check_minimum(self, min_window=1, border=0)
        for name in ("window_divisors", "disc_radii", "band_centres", "band_limits"):
            check_increasing(self, name)
        if not self.noise_levels or min(*self.noise_levels, self.min_band_frequency) <= 0:
            raise OptionError("noise_levels and min_band_frequency are numbers above 0")
        centres, (low, high) = self.band_centres, self.band_limits
        if not low < centres[0] <= centres[-1] < high:
            raise OptionError(f"band_centres lie within band_limits, {low} to {high}")


ARCHITECTURE = Architecture(
    kind="refocuser",
    config=RefocuserConfig,
    input_config=RefocuserInputConfig,
    module="spikecam.networks.refocuser:Refocuser",
)
