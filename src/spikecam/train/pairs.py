"""Crops of pairs without their truth: all that self-supervised training sees."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from spikecam.data.pairs import PICTURE_SCALE, Pair
from spikecam.data.rsb import read_rsb
from spikecam.data.spike_gopro import read_spike_gopro
from spikecam.errors import FileError, OptionError
from spikecam.exposure import resolve_exposure
from spikecam.frames import evenly_spaced_frames
from spikecam.gray import quarter_gray
from spikecam.io.paths import PathLike
from spikecam.io.pictures import read_picture
from spikecam.picture import Picture, coloured
from spikecam.stream import Span, SpikeStream
from spikecam.train.samples import Sample, turned

# Crops are multiples of this, so that networks can halve them, and are halved three times.
_UNIT = 8
# Share of the pairs to judge by where a data set does not say which.
_HELD_OUT = 0.1


@dataclass(frozen=True)
class CropConfig:
    """How crops are drawn from pairs.

    Attributes:
        crop: side of the square crops in pixels of the spikes; pictures are 4 times as fine.
        moments: how many in the exposure.
        window: odd number of spike frames around each.
        drawn: whether moments are drawn by lot rather than spread over the exposure.
        turned: whether crops are turned and mirrored.
    """

    crop: int = 128
    moments: int = 5
    window: int = 21
    drawn: bool = False
    turned: bool = True

    def __post_init__(self) -> None:
        if self.crop < _UNIT or self.crop % _UNIT:
            raise OptionError(f"a crop is a multiple of {_UNIT}, not {self.crop}")
        if self.moments < 0:
            raise OptionError(f"moments are at least 0, not {self.moments}")
        if self.window < 1 or self.window % 2 == 0:
            raise OptionError(f"a window is an odd number of frames, not {self.window}")


class Crops(Dataset[Sample]):
    """Crops of pairs: number n is the same whenever it is asked for.

    A sample holds ``blur``, the blurry picture (3, 4 s, 4 s) in [0, 1]; ``long``, firing rates in
    the whole exposure (1, s, s); and ``spikes`` around F moments, uint8 (F, window, s, s), where
    there are any. Where pairs are smaller than a crop, s is the largest multiple of 8 that fits
    into all of them.

    Args:
        pairs: blurry pictures with their spikes.
        config: how crops are drawn.
        seed: of everything random.
        length: how many there are.
        judge: for judging: sample n is of pair n, upright, with moments spread evenly. Where all
            pairs have sharp pictures, the moment in the middle is that of ``sharp`` (3, 4 s, 4 s),
            and ``clean`` (1, s, s) is the light that the spikes are of.

    Raises:
        FileError: a recording is missing or damaged, or a pair is too small.
        RangeError, OptionError: windows, or so many moments, do not fit into an exposure.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        config: CropConfig,
        *,
        seed: int,
        length: int,
        judge: bool = False,
    ) -> None:
        self.pairs, self.config, self.seed, self.length = pairs, config, seed, length
        self.side = config.crop
        for pair in pairs:
            stream = pair.stream()
            evenly_spaced_frames(stream, max(1, config.moments), None, config.window)
            least = min(stream.height, stream.width)
            if least < _UNIT:
                raise FileError(f"{pair.spikes} is smaller than {_UNIT}x{_UNIT} pixels; remove it")
            self.side = min(self.side, least // _UNIT * _UNIT)
        self.judge = judge
        self.with_truth = judge and all(pair.sharp for pair in pairs)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self.seed, number))
        chosen = number % len(self.pairs) if self.judge else int(rng.integers(len(self.pairs)))
        pair = self.pairs[chosen]
        stream = pair.stream()
        span = resolve_exposure(stream)
        top, left = (int(rng.integers(n - self.side + 1)) for n in stream.shape[1:])
        frames = self._frames(stream, span, rng)
        truth = []
        if self.with_truth:
            middle = min(pair.sharp, key=lambda frame: abs(frame - sum(span) // 2))
            truth = [pair.sharp[middle]]
            if frames:
                frames[len(frames) // 2] = middle
        windows = [stream.window(frame, self.config.window) for frame in frames]
        spikes = [cut_spikes(stream, window, top, left, self.side) for window in windows]
        long = cut_spikes(stream, span, top, left, self.side).mean(axis=0, dtype=np.float32)
        pictures = [self._cut(pair.blurry_picture(), top, left)]
        pictures += [self._cut(read, top, left) for read in map(read_picture, truth)]
        arrays: list[npt.NDArray[Any]] = [np.stack(pictures), long[None], *spikes]
        if self.config.turned and not self.judge:
            arrays = turned(arrays, rng)
        colours = torch.from_numpy(np.ascontiguousarray(arrays[0].transpose(0, 3, 1, 2)))
        sample = {"blur": colours[0], "long": torch.from_numpy(np.ascontiguousarray(arrays[1]))}
        if frames:
            sample["spikes"] = torch.from_numpy(np.stack(arrays[2:]))
        if truth:
            sample["sharp"] = colours[1]
            sample["clean"] = torch.from_numpy(quarter_gray(arrays[0][1])[None])
        return sample

    def _frames(self, stream: SpikeStream, span: Span, rng: np.random.Generator) -> list[int]:
        moments, window = self.config.moments, self.config.window
        if not moments:
            return []
        if self.judge or not self.config.drawn:
            return evenly_spaced_frames(stream, moments, span, window)
        first = max(span[0], window // 2)
        last = min(span[1], len(stream) - window // 2)
        return sorted(rng.integers(first, last, moments).tolist())

    def _cut(self, picture: Picture, top: int, left: int) -> Picture:
        size = PICTURE_SCALE * self.side
        top, left = PICTURE_SCALE * top, PICTURE_SCALE * left
        part = picture[top : top + size, left : left + size]
        return coloured(part)


def cut_spikes(
    stream: SpikeStream, span: Span, top: int, left: int, side: int
) -> npt.NDArray[np.uint8]:
    """Spikes of a crop, (T, side, side); only the bytes that hold them are unpacked."""
    start, stop = left // 8, (left + side + 7) // 8
    packed = stream.rows(*span)[:, top : top + side, start:stop]
    columns = slice(left - 8 * start, left - 8 * start + side)
    return np.unpackbits(packed, axis=2, bitorder="little")[:, :, columns]


def find_pairs(
    folder: PathLike,
    incomplete: str = "refuse",
    *,
    light: bool = False,
    say: Callable[[str], None] | None = None,
) -> tuple[list[Pair], list[Pair]]:
    """Pairs to train with and pairs to judge by, of a data set like Spike-GOPRO or RSB.

    The second are those of ``val`` where there is such a folder; else about a tenth: whole scenes
    where there are several.

    Args:
        folder: the data set.
        incomplete: "refuse" or "skip" recordings whose pictures are missing.
        light: whether it must hold the film that the spike camera saw.
        say: takes a line that tells which recordings were skipped.

    Raises:
        FileError: no such data set, halves of pairs that are missing, or a single pair.
    """
    root = Path(folder)
    what: dict[str, Any] = {"incomplete": incomplete, "say": say}
    if (root / "train").is_dir():
        pairs = read_spike_gopro(root, "train", **what)
        if (root / "val" / "spike_data").is_dir():
            return pairs, read_spike_gopro(root, "val", **what)
        return hold_out(pairs, root)
    if root.name in ("train", "val", "test") and (root / "spike_data").is_dir():
        raise FileError(f"{root} is a part of a data set; name the folder that holds it")
    if light or not (root / "spike_data").is_dir():
        raise FileError(
            f"{root} holds no data set; expected train/spike_data, as in Spike-GOPRO"
            + ("" if light else ", or spike_data, as in RSB")
        )
    return hold_out(read_rsb(root, **what), root)


def hold_out(pairs: Sequence[Pair], root: Path) -> tuple[list[Pair], list[Pair]]:
    """Pairs to train with, and about a tenth to judge by, the same ones every time.

    Raises:
        FileError: there is but one pair; the message names the folder ``root``.
    """
    if len(pairs) < 2:
        raise FileError(f"{root} holds one pair; training takes two, one of them to judge by")
    wanted = max(1, round(_HELD_OUT * len(pairs)))
    scenes = sorted({pair.scene for pair in pairs}, key=shuffled)
    if len(scenes) == 1:
        # Neighbours look alike: those held out are the last ones.
        return list(pairs[:-wanted]), list(pairs[-wanted:])
    held: set[str] = set()
    for scene in scenes[:-1]:
        if sum(pair.scene in held for pair in pairs) >= wanted:
            break
        held.add(scene)
    train, val = ([p for p in pairs if (p.scene in held) is out] for out in (False, True))
    return train, val


def digest(pairs: Sequence[Pair]) -> str:
    """A short name of a list of pairs, by their scenes and names."""
    return shuffled("\n".join(f"{pair.scene}/{pair.name}" for pair in pairs))[:16]


def shuffled(text: str) -> str:
    """A key by which names come in an order of their own, the same everywhere."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
