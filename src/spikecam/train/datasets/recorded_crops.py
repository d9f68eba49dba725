"""Crops of pairs as they were recorded, with one of their sharp pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spikecam.data.pairs import PICTURE_SCALE, Pair
from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.spike_window_input import SpikeCrop, window_spikes
from spikecam.errors import FileError
from spikecam.exposure import resolve_exposure
from spikecam.stream import SpikeStream
from spikecam.train.datasets.pictures import read_levels_cached
from spikecam.train.datasets.random_draws import random_rotate_and_flip
from spikecam.train.datasets.scene_crops import SceneCrop


class RecordedCrops:
    """Random crops of recorded pairs, by index.

    They are rotated and flipped, and have their own spikes.

    Args:
        pairs: with sharp pictures, such as those of Spike-GOPRO.
        crop: side of the crops of pictures, a multiple of 16.
        seed: of everything random.

    Raises:
        FileError: a pair without sharp pictures, or smaller than a crop.
    """

    def __init__(self, pairs: Sequence[Pair], crop: int, seed: int) -> None:
        for pair in pairs:
            if not pair.sharp or pair.blur is None:
                raise FileError(
                    f"{pair.spikes} has no sharp pictures to learn from; train with a data set "
                    "that has them, or with --pictures"
                )
            stream = pair.stream()
            if PICTURE_SCALE * min(stream.height, stream.width) < crop:
                raise FileError(f"{pair.spikes} is smaller than a crop; choose a smaller --crop")
        self.pairs, self.crop, self.seed = list(pairs), crop, seed

    def draw_crop(self, index: int) -> tuple[SceneCrop, SpikeStream]:
        """Draw the crop of this index, and its spikes.

        They are always the same. The light of the crop is unknown.
        """
        rng = np.random.default_rng((self.seed, index))
        pair = self.pairs[int(rng.integers(len(self.pairs)))]
        assert pair.blur is not None
        stream, side = pair.stream(), self.crop // PICTURE_SCALE
        frame = int(rng.choice(sorted(pair.sharp)))
        top, left = (int(rng.integers(n - side + 1)) for n in stream.shape[1:])
        spikes = window_spikes(stream, (0, len(stream)), SpikeCrop(top, left, side))
        rows, columns = (slice(PICTURE_SCALE * n, PICTURE_SCALE * (n + side)) for n in (top, left))
        pictures = np.stack(
            [read_levels_cached(path)[rows, columns] for path in (pair.blur, pair.sharp[frame])]
        )
        spikes, pictures = random_rotate_and_flip([spikes, pictures], rng)
        levels = pictures.astype(np.float32) / np.float32(255)
        light = np.zeros((0, side, side), np.float32)
        blur = BlurryPicture(levels[0], pair.encoding)
        crop = SceneCrop(
            light, blur, pair.encoding.decode(levels[1:]), resolve_exposure(stream), [frame], rng
        )
        return crop, SpikeStream.from_array(np.ascontiguousarray(spikes))
