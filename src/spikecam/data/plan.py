"""Plan of a new data set: its scenes, their sources, and their split.

A family of sources, those that look alike, belongs to one split for good: which one depends on
nothing but their bytes and the seed. Everything a scene shows, in front as well as behind, comes
from its own split, so that no split can share a scene with another.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np

from spikecam.data.pairs import PICTURE_SCALE
from spikecam.data.sources import Source
from spikecam.data.spike_gopro import EXPOSURE_FRAMES, GAP_FRAMES, MARGIN_FRAMES
from spikecam.encoding import is_encoding_file, parse_encoding
from spikecam.errors import FileError, OptionError
from spikecam.gray import GRAY_WEIGHTS
from spikecam.sensor.sensor import Sensor, check_seed, resolve_sensor

# Most foregrounds of a scene.
_MAX_FOREGROUNDS = 3
# Concentration of the distribution of spectral responses: each weight scatters by about .08.
_RESPONSE_CONCENTRATION = 30.0


@dataclass(frozen=True)
class SynthConfig:
    """Settings of a new data set that is simulated.

    Attributes:
        size: height and width of the pictures, multiples of 4; spikes have a quarter of each.
        sequences: scenes in all splits together.
        pairs: exposures, one after another, of each scene.
        speed: slowest and fastest motion of the background over a photograph, in pixels an
            exposure.
        foregrounds: share of the photographs with one to three things that move in front.
        preset: the sensor, a name of `spikecam.SENSOR_PRESETS`.
        thresholds: V_th; every scene has one of them, or the preset's own where there are none.
        dead_frame: pixels collect no light in the frame of their reset.
        length, gap: frames of an exposure, and from its end to the start of the next.
        encodings: of the pictures, such as "srgb"; every scene has one of them, so that repeating
            one makes more scenes of it. The spike camera sees decoded light, and a blurry picture
            is the encoded mean of light. "linear" is the protocol of the papers: values of
            pictures are taken as light. A file of a curve also says how the spike camera weighs
            colours; it is copied into the data set.
        interpolate: frames made of each of a video's.
        light: whether the video that the spike camera saw is kept, to simulate other sensors.
        val, test: share of sources and of sequences in these splits; the rest is for training.
        seed: the same seed, sources and settings give the same files.

    Raises:
        OptionError: settings that cannot be.
    """

    size: tuple[int, int] = (384, 512)
    sequences: int = 100
    pairs: int = 1
    speed: tuple[float, float] = (0, 60)
    foregrounds: float = 0.5
    preset: str = "s-sdm"
    thresholds: tuple[float, ...] = ()
    dead_frame: bool = False
    length: int = EXPOSURE_FRAMES
    gap: int = GAP_FRAMES
    encodings: tuple[str, ...] = ("srgb", "srgb", "linear")
    interpolate: int = 8
    light: bool = False
    val: float = 0.1
    test: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if any(side % PICTURE_SCALE or side < 64 for side in self.size):
            raise OptionError(
                f"pictures of {self.size[1]}x{self.size[0]} have no spike grid a quarter as fine; "
                "choose multiples of 4, at least 64"
            )
        for name, minimum in (("sequences", 1), ("pairs", 1), ("length", 2), ("interpolate", 1)):
            if getattr(self, name) < minimum:
                raise OptionError(f"{name} is at least {minimum}, not {getattr(self, name)}")
        if self.gap < 0:
            raise OptionError(f"a gap is at least 0 frames, not {self.gap}")
        if not 0 <= self.speed[0] <= self.speed[1] <= min(self.size) / 2:
            raise OptionError(
                f"speeds are two numbers that rise, from 0 to {min(self.size) // 2} pixels in "
                f"pictures of this size, not {self.speed[0]:g} and {self.speed[1]:g}"
            )
        shares = (self.foregrounds, self.val, self.test)
        if not all(0 <= share <= 1 for share in shares) or self.val + self.test >= 1:
            raise OptionError("shares are between 0 and 1, and val and test leave some to train")
        if not self.encodings:
            raise OptionError("there is at least one encoding, such as srgb")
        for encoding in self.encodings:
            parse_encoding(encoding)
        for threshold in self.thresholds or (None,):
            self.sensor.with_threshold(threshold)
        check_seed(self.seed)

    @property
    def sensor(self) -> Sensor:
        """The sensor, at the threshold of its preset."""
        return resolve_sensor(self.preset, dead_frame=self.dead_frame)

    @property
    def scene_frame_count(self) -> int:
        """Number of frames of a scene."""
        return 2 * MARGIN_FRAMES + self.pairs * self.length + (self.pairs - 1) * self.gap

    @property
    def pair_frame_count(self) -> int:
        """Number of frames of the recording of a pair: the exposure and its margins."""
        return 2 * MARGIN_FRAMES + self.length


@dataclass(frozen=True)
class Scene:
    """Plan of one sequence of a new data set: split, sources, motion and seed.

    Attributes:
        split, name: where it goes.
        source: the photograph or video.
        foregrounds: photographs of what moves in front.
        start: for a video, the first of its frames.
        speed: for a photograph, pixels in an exposure.
        threshold: V_th; None for the preset's.
        encoding: of its pictures.
        colour_weights: weights of red, green and blue light in what the spike camera sees.
        seed: of everything random in it.
    """

    split: str
    name: str
    source: Source
    foregrounds: tuple[Source, ...]
    start: int
    speed: float
    threshold: float | None
    encoding: str
    colour_weights: tuple[float, float, float]
    seed: int


def plan_scenes(sources: Sequence[Source], config: SynthConfig) -> list[Scene]:
    """Plan the scenes of a new data set: sources, splits and random settings.

    Args:
        sources: from `find_sources`.
        config: the settings.

    Raises:
        OptionError: fewer families of sources, or fewer sequences, than splits; or videos that do
            not last for as many sequences as are wanted.
        FileError: a video that is too short for one.
    """
    shares = {"test": config.test, "val": config.val, "train": 1 - config.test - config.val}
    splits = [split for split, share in shares.items() if share > 0]
    families: dict[str, list[Source]] = {}
    for source in sorted(sources, key=lambda s: _shuffle_key(config.seed, s.digest)):
        families.setdefault(source.family, []).append(source)
    if len(families) < len(splits):
        raise OptionError(
            f"too few sources: {len(splits)} splits need one each that looks like no other, and "
            f"there are {len(families)}; give more, or --val 0 and --test 0"
        )
    if config.sequences < len(splits):
        raise OptionError(
            f"{len(splits)} splits need a sequence each; make more than {config.sequences}, or "
            "--val 0 and --test 0"
        )
    # By their bytes: neither names nor the order of files on disk decide.
    shuffled_families = sorted(families, key=lambda family: _shuffle_key(config.seed, family))
    scenes: list[Scene] = []
    for split_index, split in enumerate(splits):
        later_splits = len(splits) - 1 - split_index
        scene_count, chosen_families = config.sequences - len(scenes), shuffled_families
        if later_splits:
            scene_count = min(
                max(1, round(shares[split] * config.sequences)), scene_count - later_splits
            )
            target_sources = shares[split] * len(sources)
            size = 0
            for count, family in enumerate(
                shuffled_families[: len(shuffled_families) - later_splits], start=1
            ):
                size += len(families[family])
                chosen_families = shuffled_families[:count]
                if size >= target_sources - 0.5:
                    break
        shuffled_families = shuffled_families[len(chosen_families) :]
        split_sources = [source for family in chosen_families for source in families[family]]
        scenes += _split_scenes(split, split_sources, scene_count, config, len(scenes))
    check_disjoint_splits(scenes)
    return scenes


def check_disjoint_splits(scenes: Sequence[Scene]) -> None:
    """Refuse splits that share a source.

    Sources of one family, which are near-duplicates, count as the same.

    Raises:
        FileError: two do; the message names the source.
    """
    split_of_family: dict[str, str] = {}
    for scene in scenes:
        for source in (scene.source, *scene.foregrounds):
            split = split_of_family.setdefault(source.family, scene.split)
            if split != scene.split:
                raise FileError(f"{source.path} is shown in {split} as well as in {scene.split}")


def _split_scenes(
    split: str, sources: list[Source], scene_count: int, config: SynthConfig, first: int
) -> list[Scene]:
    photos = [source for source in sources if source.is_photo]
    frames_per_scene = math.ceil((config.scene_frame_count - 1) / config.interpolate) + 1
    starts: dict[str, list[int]] = {}
    for video in (source for source in sources if not source.is_photo):
        starts[video.digest] = list(range(0, video.frames - frames_per_scene + 1, frames_per_scene))
        if not starts[video.digest]:
            raise FileError(
                f"{video.path} has {video.frames} frames, and {config.pairs} exposures of "
                f"{config.length} interpolated ones take {frames_per_scene}; leave it out, or make "
                "shorter exposures"
            )
    if not photos and scene_count > (available := sum(map(len, starts.values()))):
        raise OptionError(
            f"the videos of {split} last for {available} sequences, and {scene_count} are wanted; "
            "make fewer, or give more videos or photographs"
        )
    scenes: list[Scene] = []
    source_cycle = cycle(sources)
    while len(scenes) < scene_count:
        source = next(source_cycle)
        if not source.is_photo and not starts[source.digest]:
            continue
        rng = np.random.default_rng((config.seed, first + len(scenes)))
        speed = float(rng.uniform(*config.speed))
        other_photos = [photo for photo in photos if photo != source]
        foregrounds: list[Source] = []
        if source.is_photo and other_photos and rng.random() < config.foregrounds:
            count = min(int(rng.integers(1, _MAX_FOREGROUNDS + 1)), len(other_photos))
            numbers = rng.choice(len(other_photos), count, replace=False)
            foregrounds = [other_photos[number] for number in numbers]
        encoding = config.encodings[int(rng.integers(len(config.encodings)))]
        stem = re.sub("[^A-Za-z0-9-]+", "-", Path(source.path).stem)[:40]
        scenes.append(
            Scene(
                split,
                f"{first + len(scenes):04d}_{stem}",
                source,
                tuple(foregrounds),
                0 if source.is_photo else starts[source.digest].pop(0),
                speed if source.is_photo else 0.0,
                float(rng.choice(config.thresholds)) if config.thresholds else None,
                encoding,
                _colour_weights(encoding, rng),
                int(rng.integers(2**31)),
            )
        )
    return scenes


def _colour_weights(encoding: str, rng: np.random.Generator) -> tuple[float, float, float]:
    """Weights of the papers for linear pictures, those in the file of a curve, or random ones."""
    if encoding == "linear":
        return GRAY_WEIGHTS
    if is_encoding_file(encoding):
        return parse_encoding(encoding).colour_weights
    return _random_colour_weights(rng)


def _random_colour_weights(rng: np.random.Generator) -> tuple[float, float, float]:
    """Draw the spectral response of a spike camera: about as the gray of the papers."""
    red, green, blue = rng.dirichlet(_RESPONSE_CONCENTRATION * np.array(GRAY_WEIGHTS))
    return float(red), float(green), float(blue)


def _shuffle_key(seed: int, content: str) -> str:
    return hashlib.sha256(f"{seed} {content}".encode()).hexdigest()
