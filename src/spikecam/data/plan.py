"""What a new data set is made of: which scenes, from which sources, in which split.

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
from spikecam.errors import FileError, OptionError
from spikecam.sensor.sensor import check_seed, resolve_sensor


@dataclass(frozen=True)
class SynthConfig:
    """Settings of a new data set.

    Attributes:
        size: height and width of the pictures, multiples of 4; spikes have a quarter of each.
        sequences: scenes in all splits together.
        pairs: exposures, one after another, of each scene.
        speed: slowest and fastest motion of the background over a photograph, in pixels an
            exposure.
        foregrounds: share of the photographs with something that moves in front.
        preset: the sensor, a name of `spikecam.SENSOR_PRESETS`.
        thresholds: V_th; every scene has one of them, or the preset's own where there are none.
        length, gap: frames of an exposure, and from its end to the start of the next.
        linear: whether blurry pictures are means of light rather than of encoded values.
        interpolate: frames made of each of a video's.
        light: whether the film that the spike camera saw is kept, to simulate other sensors.
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
    length: int = EXPOSURE_FRAMES
    gap: int = GAP_FRAMES
    linear: bool = False
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
        for name, least in (("sequences", 1), ("pairs", 1), ("length", 2), ("interpolate", 1)):
            if getattr(self, name) < least:
                raise OptionError(f"{name} is at least {least}, not {getattr(self, name)}")
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
        for threshold in self.thresholds or (None,):
            resolve_sensor(self.preset).with_threshold(threshold)
        check_seed(self.seed)

    @property
    def frames(self) -> int:
        """Frames of a scene's film."""
        return 2 * MARGIN_FRAMES + self.pairs * self.length + (self.pairs - 1) * self.gap

    @property
    def pair_frames(self) -> int:
        """Frames of spikes that go with an exposure."""
        return 2 * MARGIN_FRAMES + self.length


@dataclass(frozen=True)
class Scene:
    """One film of a data set.

    Attributes:
        split, name: where it goes.
        source: the photograph or video.
        foregrounds: photographs of what moves in front.
        start: for a video, the first of its frames.
        speed: for a photograph, pixels in an exposure.
        threshold: V_th; None for the preset's.
        seed: of everything random in it.
    """

    split: str
    name: str
    source: Source
    foregrounds: tuple[Source, ...]
    start: int
    speed: float
    threshold: float | None
    seed: int


def plan_scenes(sources: Sequence[Source], config: SynthConfig) -> list[Scene]:
    """The scenes of a data set.

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
    for source in sorted(sources, key=lambda s: _shuffled(config.seed, s.digest)):
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
    ranked = sorted(families, key=lambda family: _shuffled(config.seed, family))
    scenes: list[Scene] = []
    for number, split in enumerate(splits):
        later = len(splits) - 1 - number
        quota, taken = config.sequences - len(scenes), ranked
        if later:
            quota = min(max(1, round(shares[split] * config.sequences)), quota - later)
            wanted = shares[split] * len(sources)
            size = 0
            for count, family in enumerate(ranked[: len(ranked) - later], start=1):
                size += len(families[family])
                taken = ranked[:count]
                if size >= wanted - 0.5:
                    break
        ranked = ranked[len(taken) :]
        members = [source for family in taken for source in families[family]]
        scenes += _scenes(split, members, quota, config, len(scenes))
    check_disjoint(scenes)
    return scenes


def check_disjoint(scenes: Sequence[Scene]) -> None:
    """Prove that no two splits show sources of the same family.

    Raises:
        FileError: two do, and which source it is.
    """
    home: dict[str, str] = {}
    for scene in scenes:
        for source in (scene.source, *scene.foregrounds):
            split = home.setdefault(source.family, scene.split)
            if split != scene.split:
                raise FileError(f"{source.path} is shown in {split} as well as in {scene.split}")


def _scenes(
    split: str, sources: list[Source], quota: int, config: SynthConfig, first: int
) -> list[Scene]:
    photos = [source for source in sources if source.is_photo]
    needed = math.ceil((config.frames - 1) / config.interpolate) + 1
    starts: dict[str, list[int]] = {}
    for video in (source for source in sources if not source.is_photo):
        starts[video.digest] = list(range(0, video.frames - needed + 1, needed))
        if not starts[video.digest]:
            raise FileError(
                f"{video.path} has {video.frames} frames, and {config.pairs} exposures of "
                f"{config.length} interpolated ones take {needed}; leave it out, or make shorter "
                "exposures"
            )
    if not photos and quota > (there := sum(map(len, starts.values()))):
        raise OptionError(
            f"the videos of {split} last for {there} sequences, and {quota} are wanted; make "
            "fewer, or give more videos or photographs"
        )
    scenes: list[Scene] = []
    turns = cycle(sources)
    while len(scenes) < quota:
        source = next(turns)
        if not source.is_photo and not starts[source.digest]:
            continue
        rng = np.random.default_rng((config.seed, first + len(scenes)))
        speed = float(rng.uniform(*config.speed))
        others = [photo for photo in photos if photo != source]
        with_front = source.is_photo and others and rng.random() < config.foregrounds
        stem = re.sub("[^A-Za-z0-9-]+", "-", Path(source.path).stem)[:40]
        scenes.append(
            Scene(
                split,
                f"{first + len(scenes):04d}_{stem}",
                source,
                (others[int(rng.integers(len(others)))],) if with_front else (),
                0 if source.is_photo else starts[source.digest].pop(0),
                speed if source.is_photo else 0.0,
                float(rng.choice(config.thresholds)) if config.thresholds else None,
                int(rng.integers(2**31)),
            )
        )
    return scenes


def _shuffled(seed: int, content: str) -> str:
    return hashlib.sha256(f"{seed} {content}".encode()).hexdigest()
