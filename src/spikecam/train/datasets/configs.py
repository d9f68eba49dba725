"""Configurations of the data sets; importing them loads neither numpy nor torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from spikecam.errors import OptionError
from spikecam.networks.configs.spikegen import STRIDE

# Crops of spikes are multiples of this, so that networks can halve them three times.
CROP_UNIT = 8
# Crops of pictures of scenes, in pixels, are multiples of this, and at least so large.
SCENE_CROP_UNIT, MIN_PICTURE_CROP = 16, 64
# A scene reaches so far around a crop of the defocus data set: what lies there is blurred into it.
DEFOCUS_MARGIN_PIXELS = 16
# Shortest window of the maps that describe an out-of-focus scene.
MIN_DEFOCUS_WINDOW = 25


@dataclass(frozen=True)
class CropConfig:
    """How crops are drawn from pairs of spikes and a blurry picture.

    Attributes:
        crop: side of the square crops in pixels of the spikes; pictures are 4 times as fine.
        moments: how many in the exposure.
        window: odd number of frames around each.
        random_moments: whether moments are drawn at random rather than spaced evenly.
        augment: whether crops are rotated and flipped at random.
    """

    crop: int = 128
    moments: int = 5
    window: int = 21
    random_moments: bool = False
    augment: bool = True

    def __post_init__(self) -> None:
        if self.crop < CROP_UNIT or self.crop % CROP_UNIT:
            raise OptionError(f"a crop is a multiple of {CROP_UNIT}, not {self.crop}")
        if self.moments < 0:
            raise OptionError(f"moments are at least 0, not {self.moments}")
        if self.window < 1 or self.window % 2 == 0:
            raise OptionError(f"a window is an odd number of frames, not {self.window}")


@dataclass(frozen=True)
class SensorConfig:
    """How random sensors are drawn.

    Attributes:
        thresholds: range of V_th, drawn evenly on a logarithmic scale.
        spurious_prob: share of sensors that fire without light.
        noise_prob: share of sensors with photon and reset noise, and of noisy blurry pictures.
        fpn_prob: share of sensors with a fixed pattern that is not corrected.
    """

    thresholds: tuple[float, float] = (0.6, 8.0)
    spurious_prob: float = 0.85
    noise_prob: float = 0.25
    fpn_prob: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.thresholds[0] <= self.thresholds[1]:
            raise OptionError(f"thresholds are two numbers that rise, not {self.thresholds}")
        check_probabilities(self, "spurious_prob", "noise_prob", "fpn_prob")


@dataclass(frozen=True)
class SceneConfig:
    """How crops are drawn from scenes.

    Attributes:
        crop: side of the square crops of pictures, a multiple of 16.
        low_light_prob: share of scenes in less light.
        camera_prob: share of scenes that are photographed with another exposure and tone curve.
        misalignment_prob: share of scenes whose picture lies up to a pixel and two frames off.
    """

    crop: int = 160
    low_light_prob: float = 0.3
    camera_prob: float = 0.4
    misalignment_prob: float = 0.3

    def __post_init__(self) -> None:
        if self.crop % SCENE_CROP_UNIT or self.crop < MIN_PICTURE_CROP:
            raise OptionError(
                f"a crop is a multiple of {SCENE_CROP_UNIT} and at least {MIN_PICTURE_CROP}, "
                f"not {self.crop}"
            )
        check_probabilities(self, "low_light_prob", "camera_prob", "misalignment_prob")


@dataclass(frozen=True)
class CaptureConfig:
    """How captures are read whose truth is not known.

    Attributes:
        encoding: of blurry pictures: srgb, linear, gamma:2.2 or a file of calibrate tone; auto
            keeps what a data set says, and measures that of all others once for the rig.
        check_match: refuse a picture and spikes that do not show the same scene.
    """

    encoding: str = "auto"
    check_match: bool = True


@dataclass(frozen=True)
class RefinerSampleConfig:
    """How samples of the refiner are drawn.

    Attributes:
        moments: sharp pictures of each scene.
        scale_prob: share of samples whose spikes are a half, and whose are an eighth, as fine as
            the picture.
    """

    moments: int = 1
    scale_prob: float = 0.06

    def __post_init__(self) -> None:
        if self.moments < 1:
            raise OptionError(f"a sample has at least one moment, not {self.moments}")
        check_probabilities(self, "scale_prob")


@dataclass(frozen=True)
class DefocusConfig:
    """How out-of-focus scenes are drawn.

    Attributes:
        crop: side of the square pictures, a multiple of 8.
        window: range of the frames that are integrated; an odd number is drawn, evenly on a
            logarithmic scale.
        radius: upper limit of the radius of the largest disc in a scene, in pixels.
        white_rate: range of the firing rate of white, in spikes per frame, drawn evenly on a
            logarithmic scale; beyond 1 white is saturated.
        focus_prob: share of scenes in focus.
        soft_prob: share of scenes that are soft in focus, too; not of pairs.
        chart_prob: share of scenes under test charts (waves, bars, stars, clouds); not of pairs.
        point_prob: share of scenes with lights and dark spots of single pixels; not of pairs.
        noise_prob: share of sensors with photon and reset noise.
        spurious_prob: share of sensors that fire without light.
        fpn_prob: share of sensors with a fixed pattern; two thirds of the patterns are known.
        drift_prob: share of scenes over which the camera drifts.
        scenes: number of different scenes; one that comes again is rotated or flipped.
    """

    crop: int = 160
    window: tuple[int, int] = (51, 401)
    radius: float = 12.0
    white_rate: tuple[float, float] = (0.02, 1.3)
    focus_prob: float = 0.3
    soft_prob: float = 0.25
    chart_prob: float = 0.15
    point_prob: float = 0.15
    noise_prob: float = 0.5
    spurious_prob: float = 0.6
    fpn_prob: float = 0.3
    drift_prob: float = 0.15
    scenes: int = 6000

    def __post_init__(self) -> None:
        check_crop_side(self.crop)
        low, high = self.odd_window_range
        if not MIN_DEFOCUS_WINDOW <= self.window[0] <= self.window[1] or low > high:
            raise OptionError(
                f"a window is two numbers from {MIN_DEFOCUS_WINDOW} on that rise, with an odd one "
                f"from the first to the second, not {self.window}"
            )
        if not 0 <= self.radius <= DEFOCUS_MARGIN_PIXELS:
            raise OptionError(
                f"a radius is from 0 to {DEFOCUS_MARGIN_PIXELS} pixels, not {self.radius}"
            )
        if not 0 < self.white_rate[0] <= self.white_rate[1] < math.inf:
            raise OptionError(
                f"a white_rate is two numbers above 0 that rise, not {self.white_rate}"
            )
        if self.scenes < 1:
            raise OptionError(f"there is at least one scene, not {self.scenes}")
        check_probabilities(
            self,
            *("focus_prob", "soft_prob", "chart_prob", "point_prob"),
            *("noise_prob", "spurious_prob", "fpn_prob", "drift_prob"),
        )

    @property
    def odd_window_range(self) -> tuple[int, int]:
        """Range of the window: its lowest and highest odd number of frames."""
        return self.window[0] | 1, self.window[1] - 1 | 1


@dataclass(frozen=True)
class MovingSceneConfig:
    """How moving scenes of photographs are drawn.

    Attributes:
        size: height and width of the spike camera, multiples of 8.
        scene_frames: frames of each scene.
        max_speed: fastest motion of the background, in pixels a frame; speeds are drawn evenly on a
            logarithmic scale.
        scenes: number of different scenes.
    """

    size: tuple[int, int] = (160, 224)
    scene_frames: int = 201
    max_speed: float = 0.4
    scenes: int = 300

    def __post_init__(self) -> None:
        for side in self.size:
            check_crop_side(side)
        if self.scene_frames < 2:
            raise OptionError(f"a scene has at least 2 frames, not {self.scene_frames}")
        if not 0 < self.max_speed < math.inf:
            raise OptionError(f"the max_speed is a number above 0, not {self.max_speed:g}")
        if self.scenes < 1:
            raise OptionError(f"there is at least one scene, not {self.scenes}")


@dataclass(frozen=True)
class FusionSampleConfig:
    """How moments of moving scenes are drawn, and the sensors that see them.

    Attributes:
        crop: side of the square pictures, a multiple of 8; at most as large as the scenes.
        white_rate: range of the firing rate of white, in spikes per frame, drawn evenly on a
            logarithmic scale; beyond 1 white is saturated.
        noise_prob: share of sensors with photon and reset noise.
        spurious_prob: share of sensors that fire without light.
        fpn_prob: share of sensors with a fixed pattern; half of the patterns are known.
        lens_blur: range of the standard deviation in pixels by which a lens blurs the light before
            the sensor sees it, which the network takes as an input; the picture is without.
        lens_blur_prob: share of cameras whose lens blurs.
        moments: number of different moments; one that comes again is cropped, rotated and flipped
            in another way.
    """

    crop: int = 96
    white_rate: tuple[float, float] = (0.05, 1.2)
    noise_prob: float = 0.3
    spurious_prob: float = 0.5
    fpn_prob: float = 0.15
    lens_blur: tuple[float, float] = (0.2, 0.65)
    lens_blur_prob: float = 0.7
    moments: int = 3000

    def __post_init__(self) -> None:
        check_crop_side(self.crop)
        if not 0 < self.white_rate[0] <= self.white_rate[1] < math.inf:
            raise OptionError(
                f"a white_rate is two numbers above 0 that rise, not {self.white_rate}"
            )
        if not 0 <= self.lens_blur[0] <= self.lens_blur[1] < math.inf:
            raise OptionError(f"a lens_blur is two numbers from 0 that rise, not {self.lens_blur}")
        if self.moments < 1:
            raise OptionError(f"there is at least one moment, not {self.moments}")
        check_probabilities(self, "noise_prob", "spurious_prob", "fpn_prob", "lens_blur_prob")


@dataclass(frozen=True)
class ReconstructionSampleConfig:
    """How the sensors are drawn that see moving scenes for a network of a window of spikes.

    Attributes:
        white_rate: range of the firing rate of white, in spikes per frame, drawn evenly on a
            logarithmic scale; at most 1.
        noise_prob: share of sensors with photon and reset noise.
        spurious_prob: share of sensors that fire without light.
    """

    white_rate: tuple[float, float] = (0.05, 1.0)
    noise_prob: float = 0.3
    spurious_prob: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.white_rate[0] <= self.white_rate[1] <= 1:
            raise OptionError(
                f"a white_rate is two numbers above 0 and up to 1 that rise, not {self.white_rate}"
            )
        check_probabilities(self, "noise_prob", "spurious_prob")


@dataclass(frozen=True)
class SpikeGenSampleConfig:
    """How samples for the fine-tuning of SpikeGen are drawn.

    Attributes:
        frames: of spikes, a multiple of 8.
        dense_prob: share of samples of scenes of which there is no picture.
        single_source_prob: share of samples of a picture alone, and as large a one of spikes alone.
        mix_variance: variance of the ratio g in all others, around 0.5 (SpikeGen 3.2 has 1 in
            pre-training).
    """

    frames: int = 40
    dense_prob: float = 0.3
    single_source_prob: float = 0.12
    mix_variance: float = 0.02

    def __post_init__(self) -> None:
        if self.frames < STRIDE or self.frames % STRIDE:
            raise OptionError(f"frames are a multiple of {STRIDE}, not {self.frames}")
        if not 0 <= self.single_source_prob <= 0.5:
            raise OptionError(
                f"single_source_prob is a share up to 0.5, not {self.single_source_prob}"
            )
        check_probabilities(self, "dense_prob")
        if not self.mix_variance > 0:
            raise OptionError(f"mix_variance is a number above 0, not {self.mix_variance:g}")


def check_crop_side(crop_side: int) -> None:
    """Refuse a side of crops that is too small or no multiple of 8.

    Raises:
        OptionError: it is one.
    """
    if crop_side < MIN_PICTURE_CROP or crop_side % CROP_UNIT:
        raise OptionError(
            f"a crop is a multiple of {CROP_UNIT} and at least {MIN_PICTURE_CROP}, not {crop_side}"
        )


def check_probabilities(config: Any, *names: str) -> None:
    """Refuse a configuration with a probability outside [0, 1].

    Raises:
        OptionError: it has one.
    """
    for name in names:
        if not 0 <= getattr(config, name) <= 1:
            raise OptionError(f"{name} is a share from 0 to 1, not {getattr(config, name)}")
