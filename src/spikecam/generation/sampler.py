"""Samples of SpikeGen: conditions of all tokens once, then as many draws as are wanted.

Pictures larger than those of the training are seen in parts of that size, which overlap; where
they do, the conditions of a token are averaged, with weights that fall to nothing towards the edge
of each part. All that follows is for each token alone, or by convolutions, so that no seams are
made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from spikecam.errors import FileError
from spikecam.generation.autoencoders import Codec, load_autoencoder
from spikecam.generation.generated import Generated
from spikecam.generation.progress import count_step, counted_steps
from spikecam.generation.spikegen_input import Conditioning
from spikecam.io.paths import PathLike
from spikecam.networks.autoencoder import Autoencoder
from spikecam.networks.configs.spikegen import STRIDE
from spikecam.networks.diffusion import ddim
from spikecam.networks.spikegen import LATENT_CHANGE_SCALE, SpikeGen, SpikeGenInputs
from spikecam.tiles import (
    inference_context,
    pad_to_unit,
    picture_to_tensor,
    split_into_tiles,
    stitch,
    tensor_to_picture,
)
from spikecam.weights.store import load_network

# Parts share this much of their side with each neighbour, and so many are computed at once.
_SHARED, _TOGETHER = 1 / 3, 4
# Noisy latents that the head sees at once.
_TOKENS = 1 << 15

Part = tuple[slice, slice]


class Prepared(NamedTuple):
    """What all samples of a moment share.

    Attributes:
        condition: what the head is told of each token, (h, w, width).
        baseline: the latents that are added to, (1, C, h, w).
        carried: what is added to every decoded picture, (1, 3, 8 h, 8 w), or 0.
    """

    condition: Tensor
    baseline: Tensor
    carried: Tensor | float


def load_sampler(weights: PathLike, autoencoder: PathLike, device: str) -> Sampler:
    """SpikeGen and its autoencoder with their weights, on their device.

    Args:
        weights: a name of those that ship, or a file.
        autoencoder: a name, a file, or a folder of diffusers.
        device: "auto", "cpu", "cuda", ...

    Raises:
        FileError: weights that cannot be read, or for another autoencoder.
        OptionError: no weights of that name, or no such device.
    """
    network = load_network(SpikeGen, weights, device)
    codec, name = load_autoencoder(autoencoder, device)
    if network.config.autoencoder != name:
        raise FileError(
            f"{weights} works on latents of another autoencoder than {autoencoder}; name its own "
            "beside it"
        )
    return Sampler(network, codec)


class Sampler:
    """SpikeGen on its device, with the autoencoder whose latents it works on.

    Args:
        network: in eval mode, on its device.
        codec: the autoencoder, on the same.
    """

    def __init__(self, network: SpikeGen, codec: Codec) -> None:
        self.network, self.codec = network, codec
        self.device = next(network.parameters()).device

    def prepare(self, given: Conditioning, mix: float) -> Prepared:
        """What all samples of a moment share.

        Args:
            given: a moment.
            mix: g, 0 for its picture alone to 1 for its spikes alone.
        """
        picture = pad_to_unit(picture_to_tensor(given.picture)).to(self.device)
        with inference_context(self.device, exact=False):
            latents = self._encoded(picture)
            spikes = _Spikes(given, picture.shape[2:]) if mix else None
            g = torch.tensor([mix], dtype=torch.float32, device=self.device)
            condition = self._averaged(SpikeGenInputs(g, latents, picture=picture), spikes)
            carried: Tensor | float = 0.0
            if self.network.residual_gate is not None and mix < 1:
                lost = picture - self._decoded(latents)
                carried = self.network.gated_residual(condition[None], lost, g)
            return Prepared(condition, self.network.baseline(latents, g), carried)

    def generate(
        self, given: Conditioning, mix: float, *, samples: int, steps: int, seed: int
    ) -> Generated:
        """Samples of a moment, clipped to [0, 1], with their mean and spread.

        Args:
            given: a moment.
            mix: as for `prepare`.
            samples: how many.
            steps: of DDIM; one gives the mean.
            seed: of the noise.
        """
        with counted_steps(self._step_count(given.picture.shape, samples, steps)):
            return self._generate(given, mix, samples, steps, seed)

    def _generate(
        self, given: Conditioning, mix: float, samples: int, steps: int, seed: int
    ) -> Generated:
        prepared = self.prepare(given, mix)
        height, width = given.picture.shape[:2]
        pictures = np.empty((samples, *given.picture.shape), np.float32)
        drawn = self.draw(prepared, samples=samples, steps=steps, seed=seed)
        for picture, sample in zip(pictures, drawn, strict=True):
            pixels = tensor_to_picture(sample[:, :, :height, :width], given.picture)
            picture[:] = pixels / np.float32(given.scale)
            if given.overflow_rate is not None:
                np.maximum(picture, given.overflow_rate, out=picture)
            np.clip(picture, 0, 1, out=picture)
        return Generated.from_samples(pictures)

    def draw(self, prepared: Prepared, *, samples: int, steps: int, seed: int) -> Iterator[Tensor]:
        """Samples (1, 3, 8 h, 8 w), not clipped, one after another.

        Args:
            prepared: from `prepare`.
            samples: how many.
            steps: of DDIM; one gives the mean.
            seed: of the noise.
        """
        height, width, channels = prepared.condition.shape
        tokens = prepared.condition.reshape(-1, channels)
        with inference_context(self.device, exact=False):
            mean, log_deviation = self.network.predict_gaussian(tokens)
            deviation = log_deviation.exp()
        for sample in range(samples):
            with inference_context(self.device, exact=False):
                latents = mean + deviation * self._noise(tokens, sample, steps, seed)
                latents = latents.reshape(1, height, width, -1).movedim(-1, 1)
                picture = (
                    self._decoded(prepared.baseline + latents / LATENT_CHANGE_SCALE)
                    + prepared.carried
                )
            yield picture
            count_step()

    def _step_count(self, shape: tuple[int, ...], samples: int, steps: int) -> int:
        """Steps of a picture: batches of parts that are conditioned, of DDIM, and of decoding."""
        height, width = (-(-side // STRIDE) for side in shape[:2])
        parts = len(_parts((height, width), self.network.config.training_tokens))
        denoised = 0 if steps == 1 else steps * -(-height * width // _TOKENS)
        return -(-parts // _TOGETHER) + samples * (denoised + 1)

    def _noise(self, tokens: Tensor, sample: int, steps: int, seed: int) -> Tensor | float:
        """Deviations of a sample from the mean, in units of the predicted ones, (N, C)."""
        if steps == 1:
            return 0.0
        # Two after each other have opposite noise: most of it is gone from their mean.
        pair, negative = divmod(sample, 2)
        (state,) = np.random.SeedSequence((seed, pair)).generate_state(1, np.uint64)
        # Drawn on the processor, so that it is the same everywhere.
        generator = torch.Generator().manual_seed(int(state >> np.uint64(1)))
        noise = torch.randn(len(tokens), self.codec.channels, generator=generator).to(self.device)
        noise = -noise if negative else noise
        return torch.cat(
            [
                self._denoised(noise[i : i + _TOKENS], tokens[i : i + _TOKENS], steps)
                for i in range(0, len(tokens), _TOKENS)
            ]
        )

    def _averaged(self, whole: SpikeGenInputs, spikes: _Spikes | None) -> Tensor:
        """Conditions of all parts of a picture, averaged where they overlap."""
        latents, picture = whole.latents, whole.picture
        assert latents is not None
        assert picture is not None
        grid = latents.shape[2], latents.shape[3]
        total = torch.zeros(*grid, self.network.config.width, device=self.device)
        weights = torch.zeros(*grid, 1, device=self.device)
        parts = _parts(grid, self.network.config.training_tokens)
        ramp = _ramp(parts[0]).to(self.device)
        for first in range(0, len(parts), _TOGETHER):
            chosen = parts[first : first + _TOGETHER]
            near = gain = None
            if spikes is not None:
                near = torch.stack([spikes.of(part) for part in chosen]).to(self.device)
                gain = torch.full((len(chosen),), spikes.gain, device=self.device)
            seen = SpikeGenInputs(
                whole.mix.expand(len(chosen)),
                torch.cat([latents[:, :, rows, columns] for rows, columns in chosen]),
                near,
                gain,
                torch.cat([picture[(..., *_pixels(part))] for part in chosen]),
            )
            found = self.network.condition(seen).float()
            for (rows, columns), one in zip(chosen, found, strict=True):
                total[rows, columns] += one * ramp
                weights[rows, columns] += ramp
            count_step()
        return total / weights

    def _denoised(self, noise: Tensor, condition: Tensor, steps: int) -> Tensor:
        head = self.network.head
        clean = noise
        for prediction in ddim(lambda noisy, times: head(noisy, times, condition), noise, steps):
            clean = prediction
            count_step()
        return clean

    def _encoded(self, picture: Tensor) -> Tensor:
        parts = split_into_tiles(picture.shape[2:], self._side(picture.shape[2:]), self.codec.reach)
        (latents,) = stitch(parts, lambda tile: (self.codec.encode(tile.crop(picture)),))
        return latents

    def _decoded(self, latents: Tensor) -> Tensor:
        size = [STRIDE * side for side in latents.shape[2:]]
        parts = split_into_tiles(size, self._side(size), self.codec.reach)
        (picture,) = stitch(parts, lambda tile: (self.codec.decode(tile.crop(latents)),))
        return picture.float()

    def _side(self, size: list[int] | torch.Size) -> int | None:
        """Of parts that are encoded: those of others normalise over all that they see."""
        return None if isinstance(self.codec, Autoencoder) else max(64, *size)


class _Spikes:
    """Spikes on the grid of the padded picture: repeated where they are coarser.

    Where they are finer, the nearest one to each pixel counts.
    """

    def __init__(self, given: Conditioning, size: torch.Size) -> None:
        assert given.spikes is not None
        self.gain = given.gain
        self._spikes = torch.from_numpy(given.spikes.copy())
        self._rows, self._columns = (
            ((torch.arange(length) + 0.5) * (own / whole)).long().clamp(max=own - 1)
            for length, own, whole in zip(
                size, given.spikes.shape[1:], given.picture.shape[:2], strict=True
            )
        )

    def of(self, part: Part) -> Tensor:
        """Those of a part of the tokens, (T, 8 h, 8 w)."""
        rows, columns = _pixels(part)
        return self._spikes[:, self._rows[rows][:, None], self._columns[columns]]


def _parts(grid: tuple[int, int], side: int) -> list[Part]:
    """Parts of the same size that cover a grid of tokens, overlapping their neighbours."""
    spans = []
    for length in grid:
        own = min(side, length)
        count = 1 + math.ceil((length - own) / max(1, own * (1 - _SHARED)))
        starts = np.linspace(0, length - own, count).round().astype(int)
        spans.append([slice(int(start), int(start) + own) for start in starts])
    return [(rows, columns) for rows in spans[0] for columns in spans[1]]


def _pixels(part: Part) -> Part:
    """Those of a part of the tokens."""
    rows, columns = (slice(STRIDE * one.start, STRIDE * one.stop) for one in part)
    return rows, columns


def _ramp(part: Part) -> Tensor:
    """Weights of the tokens of a part, (h, w, 1), that fall towards its edge."""
    sides = [one.stop - one.start for one in part]
    falls = [torch.sin((torch.arange(n) + 0.5) * math.pi / n).square() for n in sides]
    return (falls[0][:, None] * falls[1])[..., None]
