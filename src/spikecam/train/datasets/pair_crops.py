"""Crops of pairs without their truth: all that self-supervised training sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from spikecam.data.pairs import PICTURE_SCALE, Pair
from spikecam.deblurring.spike_window_input import SpikeCrop, window_rates, window_spikes
from spikecam.errors import FileError
from spikecam.exposure import resolve_exposure
from spikecam.frames import evenly_spaced_frames
from spikecam.gray import quarter_gray
from spikecam.io.pictures import read_picture
from spikecam.picture import Picture, as_colour
from spikecam.stream import Span, SpikeStream
from spikecam.train.datasets.configs import CROP_UNIT, CropConfig
from spikecam.train.datasets.random_draws import random_rotate_and_flip
from spikecam.train.datasets.refined_pairs import RefinedPairs
from spikecam.train.engine.sampler import Sample


class PairCrops(Dataset[Sample]):
    """Dataset of crops of pairs: blurry pictures and their spikes.

    Each index is always the same sample.

    A sample holds ``blur``, the light of the blurry picture (3, 4 s, 4 s) in [0, 1]; ``long``,
    firing rates in the whole exposure (1, s, s); and ``spikes`` around F moments, uint8
    (F, window, s, s), where there are any; and with ``refined`` the light at these moments that a
    refiner makes, ``teacher`` (F, 3, 4 s, 4 s). Where pairs are smaller than a crop, s is the
    largest multiple of 8 that fits into all of them.

    Args:
        pairs: blurry pictures with their spikes.
        config: how crops are drawn.
        seed: of everything random.
        length: number of samples.
        validation: sample n is of pair n, as it is, with moments spaced evenly. Where all pairs
            have sharp pictures, the moment in the middle is that of ``sharp`` (3, 4 s, 4 s), and
            ``clean`` (1, s, s) is the light that the spikes are of.
        refined: pictures of a refiner, of moments that are not drawn at random.

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
        validation: bool = False,
        refined: RefinedPairs | None = None,
    ) -> None:
        self.refined = refined
        self.pairs, self.config, self.seed, self.length = pairs, config, seed, length
        self.side = config.crop
        for pair in pairs:
            stream = pair.stream()
            evenly_spaced_frames(stream, max(1, config.moments), None, config.window)
            shorter = min(stream.height, stream.width)
            if shorter < CROP_UNIT:
                raise FileError(
                    f"{pair.spikes} is smaller than {CROP_UNIT}x{CROP_UNIT} pixels; remove it"
                )
            self.side = min(self.side, shorter // CROP_UNIT * CROP_UNIT)
        self.validation = validation
        self.with_truth = validation and all(pair.sharp for pair in pairs)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng((self.seed, index))
        count = len(self.pairs)
        pair = self.pairs[index % count if self.validation else int(rng.integers(count))]
        stream = pair.stream()
        exposure = resolve_exposure(stream)
        top, left = (int(rng.integers(n - self.side + 1)) for n in stream.shape[1:])
        frames = self._frames(stream, exposure, rng)
        truth = []
        if self.with_truth:
            middle = min(pair.sharp, key=lambda frame: abs(frame - sum(exposure) // 2))
            truth = [pair.sharp[middle]]
            if frames:
                frames[len(frames) // 2] = middle
        windows = [stream.window(frame, self.config.window) for frame in frames]
        crop = SpikeCrop(top, left, self.side)
        spikes = [window_spikes(stream, window, crop) for window in windows]
        long = window_rates(stream, exposure, crop)
        # Networks of S-SDM see light.
        pictures = [
            pair.encoding.decode(self._crop_picture(picture, top, left))
            for picture in (pair.blurry_picture(), *map(read_picture, truth))
        ]
        if self.refined is not None:
            light = self.refined.light(pair, frames)
            levels = (self._crop_picture(picture, top, left) for picture in light)
            white = np.float32(np.iinfo(light.dtype).max)
            pictures += [picture.astype(np.float32) / white for picture in levels]
        arrays: list[npt.NDArray[Any]] = [np.stack(pictures), long[None], *spikes]
        if self.config.augment and not self.validation:
            arrays = random_rotate_and_flip(arrays, rng)
        colours = torch.from_numpy(np.ascontiguousarray(arrays[0].transpose(0, 3, 1, 2)))
        sample = {"blur": colours[0], "long": torch.from_numpy(np.ascontiguousarray(arrays[1]))}
        if frames:
            sample["spikes"] = torch.from_numpy(np.stack(arrays[2:]))
        if self.refined is not None:
            sample["teacher"] = colours[1 + len(truth) :]
        if truth:
            sample["sharp"] = colours[1]
            sample["clean"] = torch.from_numpy(quarter_gray(arrays[0][1])[None])
        return sample

    def _frames(self, stream: SpikeStream, exposure: Span, rng: np.random.Generator) -> list[int]:
        moments, window = self.config.moments, self.config.window
        if not moments:
            return []
        if self.validation or not self.config.random_moments:
            return evenly_spaced_frames(stream, moments, exposure, window)
        first = max(exposure[0], window // 2)
        last = min(exposure[1], len(stream) - window // 2)
        return sorted(rng.integers(first, last, moments).tolist())

    def _crop_picture(self, picture: Picture, top: int, left: int) -> Picture:
        size = PICTURE_SCALE * self.side
        top, left = PICTURE_SCALE * top, PICTURE_SCALE * left
        return as_colour(picture[top : top + size, left : left + size])
