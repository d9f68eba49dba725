"""What a new data set is made of: which scenes, from which sources, in which split.

A source, a photograph or a video, belongs to one split for good: which one depends on nothing but
its bytes and the seed. Everything a scene shows, in front as well as behind, comes from sources of
its own split, so that no split can share a scene with another.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from spikecam.camera.exposure import GAP, LENGTH, MARGIN
from spikecam.camera.sensor import check_seed, sensor_of
from spikecam.data.layouts import SCALE
from spikecam.errors import FileError, OptionError
from spikecam.io.pictures import PICTURES
from spikecam.io.video import VIDEO_SOURCES, count_frames

SPLITS = ("test", "val", "train")


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
        preset: the sensor, a name of `spikecam.PRESETS`.
        thresholds: V_th; every scene has one of them, or the preset's own where there are none.
        length, gap: frames of an exposure, and from its end to the start of the next.
        linear: whether blurry pictures are means of light rather than of encoded values.
        interpolate: frames made of each of a video's.
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
    length: int = LENGTH
    gap: int = GAP
    linear: bool = False
    interpolate: int = 8
    val: float = 0.1
    test: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if any(side % SCALE or side < 64 for side in self.size):
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
            sensor_of(self.preset).with_threshold(threshold)
        check_seed(self.seed)

    @property
    def frames(self) -> int:
        """Frames of a scene's film."""
        return 2 * MARGIN + self.pairs * self.length + (self.pairs - 1) * self.gap

    @property
    def pair_frames(self) -> int:
        """Frames of spikes that go with an exposure."""
        return 2 * MARGIN + self.length


@dataclass(frozen=True)
class Scene:
    """One film of a data set.

    Attributes:
        split, name: where it goes.
        source: the photograph or video, by its path.
        foregrounds: photographs of what moves in front.
        start: for a video, the first of its frames.
        speed: for a photograph, pixels in an exposure.
        threshold: V_th; None for the preset's.
        seed: of everything random in it.
    """

    split: str
    name: str
    source: str
    foregrounds: tuple[str, ...]
    start: int
    speed: float
    threshold: float | None
    seed: int


def find_sources(paths: Iterable[str | Path]) -> dict[str, str]:
    """Photographs and videos among files and folders: SHA-256 of each by its path.

    Of files with the same bytes only the first counts.

    Raises:
        FileError: a path does not exist, or nothing is found.
    """
    files: list[Path] = []
    named = [Path(path) for path in paths]
    for path in named:
        if path.is_dir():
            files += sorted(f for f in path.rglob("*") if _is_source(f))
        elif path.exists() and _is_source(path):
            files.append(path)
        else:
            why = "is neither a picture nor a video" if path.exists() else "does not exist"
            raise FileError(f"{path} {why}; name photographs, videos, or folders of them")
    found: dict[str, str] = {}
    for file in files:
        content = hashlib.sha256()
        with file.open("rb") as opened:
            while part := opened.read(1 << 20):
                content.update(part)
        digest = content.hexdigest()
        if digest not in found.values():
            found[str(file)] = digest
    if not found:
        listed = ", ".join(map(str, named))
        raise FileError(f"{listed}: no photographs or videos found; PNG, JPEG, TIFF or MP4")
    return found


def plan_scenes(sources: Mapping[str, str], config: SynthConfig) -> list[Scene]:
    """The scenes of a data set.

    Args:
        sources: SHA-256 by path, from `find_sources`.
        config: the settings.

    Raises:
        OptionError: fewer sources than splits that want some.
    """
    # By their bytes: neither names nor the order of files on disk decide.
    ranked = sorted(sources, key=lambda s: _digest(config.seed, sources[s]))
    shares = {"test": config.test, "val": config.val, "train": 1 - config.test - config.val}
    wanted = {split: share for split, share in shares.items() if share > 0}
    if len(ranked) < len(wanted):
        raise OptionError(
            f"too few sources: {len(wanted)} splits need one each at least, and there are "
            f"{len(ranked)}; give more, or --val 0 and --test 0"
        )
    scenes: list[Scene] = []
    taken = made = 0
    for rest, (split, share) in zip(range(len(wanted) - 1, -1, -1), wanted.items(), strict=True):
        last = rest == 0
        left, due = len(ranked) - taken, config.sequences - made
        number = left if last else min(max(1, round(share * len(ranked))), left - rest)
        quota = due if last else min(max(1, round(share * config.sequences)), due)
        scenes += _scenes(split, ranked[taken : taken + number], quota, config, len(scenes))
        taken += number
        made += quota
    check_disjoint(scenes, sources)
    return scenes


def check_disjoint(scenes: Sequence[Scene], sources: Mapping[str, str]) -> None:
    """Prove that no two splits show the same source.

    Raises:
        FileError: two do, and which source it is.
    """
    home: dict[str, str] = {}
    for scene in scenes:
        for source in (scene.source, *scene.foregrounds):
            split = home.setdefault(sources[source], scene.split)
            if split != scene.split:
                raise FileError(f"{source} is shown in {split} as well as in {scene.split}")


def _scenes(
    split: str, sources: list[str], quota: int, config: SynthConfig, first: int
) -> list[Scene]:
    photos = [s for s in sources if Path(s).suffix.lower() in PICTURES]
    needed = math.ceil((config.frames - 1) / config.interpolate) + 1
    parts: dict[str, list[int]] = {s: [] for s in sources}
    for video in set(sources) - set(photos):
        total = count_frames(video)
        parts[video] = list(range(0, total - needed + 1, needed))
        if not parts[video]:
            raise FileError(
                f"{video} has {total} frames, and {config.pairs} exposures of {config.length} "
                f"interpolated ones take {needed}; leave it out, or make shorter exposures"
            )
    scenes: list[Scene] = []
    for source in islice(cycle(sources), quota * max(1, len(sources))):
        if len(scenes) == quota:
            break
        number = first + len(scenes)
        rng = np.random.default_rng((config.seed, number))
        draws = [float(rng.uniform(*config.speed)), float(rng.random())]
        front: tuple[str, ...] = ()
        start = 0
        others = [photo for photo in photos if photo != source]
        if source in photos:
            if others and draws[1] < config.foregrounds:
                front = (others[int(rng.integers(len(others)))],)
        elif parts[source]:
            start = parts[source].pop(0)
        else:
            continue
        scenes.append(
            Scene(
                split,
                f"{number:04d}_{re.sub('[^A-Za-z0-9-]+', '-', Path(source).stem)[:40]}",
                source,
                front,
                start,
                draws[0] if source in photos else 0.0,
                float(rng.choice(config.thresholds)) if config.thresholds else None,
                int(rng.integers(2**31)),
            )
        )
    return scenes


def _is_source(path: Path) -> bool:
    return path.suffix.lower() in (*PICTURES, *VIDEO_SOURCES) and path.is_file()


def _digest(seed: int, content: str) -> str:
    return hashlib.sha256(f"{seed} {content}".encode()).hexdigest()
