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
from spikecam.generation.autoencoders import Codec, load_autoencoder_and_fingerprint
from spikecam.generation.generated import Generated
from spikecam.generation.progress import count_step, counting_steps
from spikecam.generation.spikegen_input import Conditioning
from spikecam.io.paths import PathLike
from spikecam.networks.autoencoder import Autoencoder
from spikecam.networks.configs.spikegen import STRIDE
from spikecam.networks.diffusion import iter_ddim_predictions
from spikecam.networks.spikegen import LATENT_CHANGE_SCALE, SpikeGen, SpikeGenInputs
from spikecam.tiles import (
    inference_context,
    pad_to_whole_units,
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


class PreparedMoment(NamedTuple):
    """Tensors that all samples of a moment share.

    Attributes:
        conditions: of the denoising head, for each token, (h, w, width).
        baseline_latents: those that are added to, (1, C, h, w).
        pixel_residual: what is added to every decoded picture, (1, 3, 8 h, 8 w), or 0.
    """

    conditions: Tensor
    baseline_latents: Tensor
    pixel_residual: Tensor | float


def load_sampler(weights: PathLike, autoencoder: PathLike, device: str) -> Sampler:
    """Load SpikeGen and its autoencoder with their weights onto a device.

    Args:
        weights: a name of those that ship, or a file.
        autoencoder: a name, a file, or a folder of diffusers.
        device: "auto", "cpu", "cuda", ...

    Raises:
        FileError: weights that cannot be read, or for another autoencoder.
        OptionError: no weights of that name, or no such device.
    """
    network = load_network(SpikeGen, weights, device)
    codec, fingerprint = load_autoencoder_and_fingerprint(autoencoder, device)
    if network.config.autoencoder != fingerprint:
        raise FileError(
            f"{weights} works on latents of another autoencoder than {autoencoder}; name its own "
            "beside it"
        )
    return Sampler(network, codec)


class Sampler:
    """Draws samples of the sharp picture by SpikeGen and its autoencoder.

    Args:
        network: in eval mode, on its device.
        codec: the autoencoder, on the same.
    """

    def __init__(self, network: SpikeGen, codec: Codec) -> None:
        self.network, self.codec = network, codec
        self.device = next(network.parameters()).device

    def prepare(self, conditioning: Conditioning, mix: float) -> PreparedMoment:
        """Compute the tensors that all samples of a moment share.

        Args:
            conditioning: picture and spikes of the moment.
            mix: g, 0 for its picture alone to 1 for its spikes alone.
        """
        picture = pad_to_whole_units(picture_to_tensor(conditioning.picture)).to(self.device)
        with inference_context(self.device, full_precision=False):
            latents = self._encoded(picture)
            spikes = _SpikeGrid(conditioning, picture.shape[2:]) if mix else None
            g = torch.tensor([mix], dtype=torch.float32, device=self.device)
            condition = self._average_conditions(
                SpikeGenInputs(g, latents, picture=picture), spikes
            )
            pixel_residual: Tensor | float = 0.0
            if self.network.residual_gate is not None and mix < 1:
                residual = picture - self._decoded(latents)
                pixel_residual = self.network.gated_residual(condition[None], residual, g)
            return PreparedMoment(
                condition, self.network.baseline_latents(latents, g), pixel_residual
            )

    def generate(
        self, conditioning: Conditioning, mix: float, *, samples: int, steps: int, seed: int
    ) -> Generated:
        """Draw samples of a moment, with their mean and spread.

        Args:
            conditioning: picture and spikes of the moment.
            mix: as for `prepare`.
            samples: how many.
            steps: of DDIM; one gives the mean.
            seed: of the noise.
        """
        with counting_steps(self._step_count(conditioning.picture.shape, samples, steps)):
            return self._generate(conditioning, mix, samples, steps, seed)

    def _generate(
        self, conditioning: Conditioning, mix: float, samples: int, steps: int, seed: int
    ) -> Generated:
        prepared = self.prepare(conditioning, mix)
        height, width = conditioning.picture.shape[:2]
        pictures = np.empty((samples, *conditioning.picture.shape), np.float32)
        drawn = self.iter_samples(prepared, samples=samples, steps=steps, seed=seed)
        for picture, sample in zip(pictures, drawn, strict=True):
            pixels = tensor_to_picture(sample[:, :, :height, :width], conditioning.picture)
            picture[:] = pixels / np.float32(conditioning.scale)
            if conditioning.overflow_rate is not None:
                np.maximum(picture, conditioning.overflow_rate, out=picture)
            np.clip(picture, 0, 1, out=picture)
        return Generated.from_samples(pictures)

    def iter_samples(
        self, prepared: PreparedMoment, *, samples: int, steps: int, seed: int
    ) -> Iterator[Tensor]:
        """Yield samples (1, 3, 8 h, 8 w), not clipped.

        Args:
            prepared: from `prepare`.
            samples: how many.
            steps: of DDIM; one gives the mean.
            seed: of the noise.
        """
        height, width, channels = prepared.conditions.shape
        tokens = prepared.conditions.reshape(-1, channels)
        with inference_context(self.device, full_precision=False):
            mean, log_deviation = self.network.predict_gaussian(tokens)
            deviation = log_deviation.exp()
        for sample in range(samples):
            with inference_context(self.device, full_precision=False):
                latents = mean + deviation * self._draw_deviations(tokens, sample, steps, seed)
                latents = latents.reshape(1, height, width, -1).movedim(-1, 1)
                picture = (
                    self._decoded(prepared.baseline_latents + latents / LATENT_CHANGE_SCALE)
                    + prepared.pixel_residual
                )
            yield picture
            count_step()

    def _step_count(self, picture_shape: tuple[int, ...], samples: int, steps: int) -> int:
        """Number of steps of a picture, for progress.

        These are steps of conditioning, of DDIM, and of decoding.
        """
        height, width = (-(-side // STRIDE) for side in picture_shape[:2])
        parts = len(_overlapping_parts((height, width), self.network.config.training_tokens))
        denoised = 0 if steps == 1 else steps * -(-height * width // _TOKENS)
        return -(-parts // _TOGETHER) + samples * (denoised + 1)

    def _draw_deviations(
        self, conditions: Tensor, sample_index: int, steps: int, seed: int
    ) -> Tensor | float:
        """Draw a sample's deviations from the mean, in units of the predicted ones, (N, C)."""
        if steps == 1:
            return 0.0
        # Two after each other have opposite noise: most of it is gone from their mean.
        pair, negative = divmod(sample_index, 2)
        (state,) = np.random.SeedSequence((seed, pair)).generate_state(1, np.uint64)
        # Drawn on the processor, so that it is the same everywhere.
        generator = torch.Generator().manual_seed(int(state >> np.uint64(1)))
        noise = torch.randn(len(conditions), self.codec.latent_channels, generator=generator).to(
            self.device
        )
        noise = -noise if negative else noise
        return torch.cat(
            [
                self._denoised(noise[i : i + _TOKENS], conditions[i : i + _TOKENS], steps)
                for i in range(0, len(conditions), _TOKENS)
            ]
        )

    def _average_conditions(self, inputs: SpikeGenInputs, spikes: _SpikeGrid | None) -> Tensor:
        """Conditions of all tokens, averaged where the parts of the picture overlap."""
        latents, picture = inputs.latents, inputs.picture
        assert latents is not None
        assert picture is not None
        grid = latents.shape[2], latents.shape[3]
        total = torch.zeros(*grid, self.network.config.width, device=self.device)
        weights = torch.zeros(*grid, 1, device=self.device)
        parts = _overlapping_parts(grid, self.network.config.training_tokens)
        ramp = _blending_weights(parts[0]).to(self.device)
        for first in range(0, len(parts), _TOGETHER):
            batch = parts[first : first + _TOGETHER]
            near = gain = None
            if spikes is not None:
                near = torch.stack([spikes.crop(part) for part in batch]).to(self.device)
                gain = torch.full((len(batch),), spikes.gain, device=self.device)
            part_inputs = SpikeGenInputs(
                inputs.mix.expand(len(batch)),
                torch.cat([latents[:, :, rows, columns] for rows, columns in batch]),
                near,
                gain,
                torch.cat([picture[(..., *_pixel_slices(part))] for part in batch]),
            )
            conditions = self.network.encode_condition(part_inputs).float()
            for (rows, columns), part_conditions in zip(batch, conditions, strict=True):
                total[rows, columns] += part_conditions * ramp
                weights[rows, columns] += ramp
            count_step()
        return total / weights

    def _denoised(self, noise: Tensor, condition: Tensor, steps: int) -> Tensor:
        head = self.network.head
        clean = noise
        for prediction in iter_ddim_predictions(
            lambda noisy, times: head(noisy, times, condition), noise, steps
        ):
            clean = prediction
            count_step()
        return clean

    def _encoded(self, picture: Tensor) -> Tensor:
        parts = split_into_tiles(
            picture.shape[2:], self._tile_side(picture.shape[2:]), self.codec.receptive_radius
        )
        (latents,) = stitch(parts, lambda tile: (self.codec.encode(tile.crop(picture)),))
        return latents

    def _decoded(self, latents: Tensor) -> Tensor:
        size = [STRIDE * side for side in latents.shape[2:]]
        parts = split_into_tiles(size, self._tile_side(size), self.codec.receptive_radius)
        (picture,) = stitch(parts, lambda tile: (self.codec.decode(tile.crop(latents)),))
        return picture.float()

    def _tile_side(self, size: list[int] | torch.Size) -> int | None:
        """Side of the tiles for the autoencoder; None for its default.

        One that normalises over the whole picture takes it as one tile.
        """
        return None if isinstance(self.codec, Autoencoder) else max(64, *size)


class _SpikeGrid:
    """Spikes resampled to the grid of the padded picture.

    They are repeated where they are coarser; where they are finer, the nearest one to each pixel
    counts.
    """

    def __init__(self, conditioning: Conditioning, size: torch.Size) -> None:
        assert conditioning.spikes is not None
        self.gain = conditioning.gain
        self._spikes = torch.from_numpy(conditioning.spikes.copy())
        self._rows, self._columns = (
            ((torch.arange(length) + 0.5) * (own / whole)).long().clamp(max=own - 1)
            for length, own, whole in zip(
                size, conditioning.spikes.shape[1:], conditioning.picture.shape[:2], strict=True
            )
        )

    def crop(self, part: Part) -> Tensor:
        """Spikes of a part of the tokens, (T, 8 h, 8 w)."""
        rows, columns = _pixel_slices(part)
        return self._spikes[:, self._rows[rows][:, None], self._columns[columns]]


def _overlapping_parts(grid_size: tuple[int, int], part_side: int) -> list[Part]:
    """Parts of the same size that cover a grid of tokens, overlapping their neighbours."""
    spans = []
    for length in grid_size:
        own = min(part_side, length)
        count = 1 + math.ceil((length - own) / max(1, own * (1 - _SHARED)))
        starts = np.linspace(0, length - own, count).round().astype(int)
        spans.append([slice(int(start), int(start) + own) for start in starts])
    return [(rows, columns) for rows in spans[0] for columns in spans[1]]


def _pixel_slices(token_slices: Part) -> Part:
    """Slices of the pixels that a part of the tokens covers."""
    rows, columns = (slice(STRIDE * one.start, STRIDE * one.stop) for one in token_slices)
    return rows, columns


def _blending_weights(part: Part) -> Tensor:
    """Weights for blending the tokens of a part, (h, w, 1). They fall towards its edge."""
    sides = [one.stop - one.start for one in part]
    falls = [torch.sin((torch.arange(n) + 0.5) * math.pi / n).square() for n in sides]
    return (falls[0][:, None] * falls[1])[..., None]
