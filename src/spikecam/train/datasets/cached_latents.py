"""Samples of a cache of latents, for the pre-training of SpikeGen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from spikecam.errors import FileError
from spikecam.io.paths import PathLike
from spikecam.train.datasets.latent_cache import ARRAYS, LatentCacheDescription
from spikecam.train.datasets.spikegen_samples import draw_mix_ratio
from spikecam.train.engine.sampler import Sample


class CachedLatents(Dataset[Sample]):
    """Dataset of the samples of a cache of latents.

    Each index is always the same sample.

    A sample holds ``latents`` of the blurry picture, (C, h, w); ``spikes`` uint8 (8, 8 h, 8 w);
    ``gain`` and ``mix`` (); and ``target``, the latents of the sharp picture whose colours fade
    with g,

        (1 - g) E(sharp) + g E(gray)

    which are those of the faded picture as far as the autoencoder is linear: our choice, so that
    they can be made once.

    Args:
        folder: of the cache.
        seed: of the ratios g and of which crop comes next.
        length: number of samples.
        validation: samples are those for validation, in order, and g is 0.5.
    """

    def __init__(
        self, folder: PathLike, *, seed: int, length: int, validation: bool = False
    ) -> None:
        self.cache, self.folder = LatentCacheDescription.read(folder), Path(folder)
        self.seed, self.length, self.validation = seed, length, validation
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng((self.seed, index))
        arrays = self._open_arrays()
        if self.validation:
            crop, mix = self.cache.train + index, 0.5
        else:
            crop, mix = int(rng.integers(self.cache.train)), draw_mix_ratio(rng)
        sharp, gray = (arrays[name][crop].astype(np.float32) for name in ("sharp", "gray"))
        spikes = np.unpackbits(arrays["spikes"][crop], axis=2, bitorder="little")
        return {
            "latents": torch.from_numpy(arrays["blurry"][crop].astype(np.float32)),
            "spikes": torch.from_numpy(spikes),
            "gain": torch.tensor(float(arrays["gain"][crop])),
            "mix": torch.tensor(mix),
            "target": torch.from_numpy((1 - mix) * sharp + mix * gray),
        }

    def _open_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Open the arrays of the cache, once in each process."""
        if not self._arrays:
            try:
                self._arrays = {
                    name: np.load(self.folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS
                }
            except (OSError, ValueError, EOFError) as error:
                raise FileError(
                    f"the latents in {self.folder} are damaged ({error}); make them again in a new "
                    "folder"
                ) from error
        return self._arrays
