"""Parameters of a simulated sensor: threshold and noise, and published settings by name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spikecam.errors import OptionError


@dataclass(frozen=True)
class Sensor:
    """Parameters of an integrate-and-fire sensor. Light is a picture in [0, 1], where 1 is white.

    Charge is counted in units of V_th = 1, and frames are the sensor's own, 20,000 to 40,000 a
    second. A field that is 0, False or None leaves that effect out.

    Attributes:
        threshold: charge at which a pixel fires, V_th.
        gain: charge that white light brings in a frame; without a dead frame, white fires
            ``gain / threshold`` a frame.
        photons: photons that make up a charge of 1: light arrives as a Poisson count of them.
        dark_current: charge that gathers in a frame without light.
        reset_noise: scatter of the level to which a spike resets, its standard deviation in
            thresholds.
        carry_over: whether charge above the threshold is kept when a pixel fires (SpikeGen Eq. 1).
            The readout then rounds the times of spikes to whole frames, but loses no light.
            Without it the reset at the readout drops that charge, and every interval is a whole
            number of frames: the coarsest quantisation that a readout can bring.
        spurious_gap: mean and standard deviation of the gaps between spurious spikes, in cells
            counted along time, then columns, then rows (SpikeReveal's simulator).
        coverage: share of pixels that fire in a frame, by the mean of the scene's first one; sets
            the threshold in place of ``threshold``.
        has_fixed_pattern: whether the camera has a fixed pattern; a random one is used where none
            is given.
        dead_frame: the sensor's law: whether a pixel collects no light in the frame of its reset.
            Light that brings ``a`` thresholds a frame then fires a / (1 + a) spikes a frame, as the
            published measurements assume; without it ``a``, at most 1 (`spikecam.fixed_pattern`).

    Raises:
        OptionError: a value that no sensor has.
    """

    threshold: float = 1.0
    gain: float = 1.0
    photons: float | None = None
    dark_current: float = 0.0
    reset_noise: float = 0.0
    carry_over: bool = True
    spurious_gap: tuple[float, float] | None = None
    coverage: float | None = None
    has_fixed_pattern: bool = False
    dead_frame: bool = False

    def __post_init__(self) -> None:
        above_zero = {"threshold": self.threshold, "gain": self.gain}
        above_zero |= {
            name: value
            for name, value in (("photons", self.photons), ("coverage", self.coverage))
            if value is not None
        }
        for name, value in above_zero.items():
            if not 0 < value < float("inf"):
                raise OptionError(f"a sensor's {name} is a number above 0, not {value}")
        for name, value in (("dark_current", self.dark_current), ("reset_noise", self.reset_noise)):
            if not 0 <= value < 1:
                raise OptionError(f"a sensor's {name} is at least 0 and below 1, not {value}")
        if self.coverage is not None and self.coverage > 1:
            raise OptionError(
                f"a coverage is a share of the pixels, at most 1, not {self.coverage}"
            )
        if self.coverage is not None and self.dead_frame:
            raise OptionError("a coverage is that of a sensor without a dead frame; leave one out")
        if self.spurious_gap is not None and not (
            1 <= self.spurious_gap[0] < float("inf") and 0 <= self.spurious_gap[1] < float("inf")
        ):
            raise OptionError(
                "gaps between spurious spikes are at least 1 cell on average, not "
                f"{self.spurious_gap}"
            )

    def with_threshold(self, threshold: float | None) -> Sensor:
        """Copy of the sensor with another threshold V_th. None gives the sensor itself."""
        if threshold is None:
            return self
        if self.coverage is not None:
            raise OptionError("this sensor sets its threshold by the coverage; leave threshold out")
        return replace(self, threshold=threshold)


SENSOR_PRESETS = {
    "ideal": Sensor(),
    "s-sdm": Sensor(gain=1.98543 / 2, spurious_gap=(140, 50)),
    "gen2": Sensor(
        photons=8000, reset_noise=0.01, spurious_gap=(10_000, 3_000), has_fixed_pattern=True
    ),
    "spikegen": Sensor(coverage=0.1),
}
"""Published sensor settings by name.

- ``ideal``: no noise; firing rate = light / V_th, exactly, as long as that is at most 1.
- ``s-sdm``: the simulator of Spike-GOPRO (SpikeReveal 4.1), at V_th = 1; 2 and 4 are the others of
  its tables. Its constants make white fire in 0.9927 of all frames.
- ``gen2``: a real Gen2 camera. Shot and reset noise are such that intervals of 12 to 16 frames
  scatter by 3 %, spurious spikes as rare, as in a real recording of UHSR; successive intervals
  there vary against each other, which is why charge is carried over. Goes with a fixed pattern
  (`simulate` draws a random one where none is given), which also holds the dark current.
- ``spikegen``: SpikeGen's pre-training (its A.2): a threshold that lets a tenth of the pixels fire
  in a frame. See `spikecam.scenes.pretraining`.
"""


def check_seed(seed: int) -> None:
    """Refuse a seed that is no whole number from 0.

    Raises:
        OptionError: not a whole number from 0.
    """
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise OptionError(f"a seed is a whole number from 0, not {seed!r}")


def resolve_sensor(preset: str | Sensor, *, dead_frame: bool = False) -> Sensor:
    """Find the sensor of a preset's name. A `Sensor` is returned as it is.

    Args:
        preset: a name of `SENSOR_PRESETS`, or a sensor.
        dead_frame: the same sensor with a dead frame; by default as the preset says.

    Raises:
        OptionError: no preset has that name, or it cannot have a dead frame.
    """
    if dead_frame:
        return replace(resolve_sensor(preset), dead_frame=True)
    if isinstance(preset, Sensor):
        return preset
    if preset not in SENSOR_PRESETS:
        raise OptionError(
            f"no sensor is called {preset!r}; known presets: {', '.join(SENSOR_PRESETS)}"
        )
    return SENSOR_PRESETS[preset]
