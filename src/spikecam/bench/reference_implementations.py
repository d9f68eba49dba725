"""Plain ways to do what the package does, to measure it against.

Written as a careful user of torch would, a frame at a time, vectorised over the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from spikecam import bits
from spikecam.networks.wavelet import decompose, reconstruct
from spikecam.networks.wgse import WGSE


def tfp(spikes: npt.NDArray[np.uint8], window: int) -> Iterator[npt.NDArray[np.float32]]:
    """Plain TFP: average each window by itself."""
    half = window // 2
    for t in range(half, len(spikes) - half):
        yield spikes[t - half : t + half + 1].mean(axis=0, dtype=np.float32)


def tfi(spikes: torch.Tensor, reach: int) -> Iterator[torch.Tensor]:
    """Plain TFI, the inverse interval between spikes.

    It searches both ways from every frame until every pixel has found its spikes.
    """
    length = len(spikes)
    for t in range(length):
        p = torch.full(spikes.shape[1:], float(max(t - reach, 0) - 1))
        n = torch.full(spikes.shape[1:], float(min(t + reach, length - 1) + 1))
        no_p = torch.ones(spikes.shape[1:], dtype=torch.bool)
        no_n = no_p.clone()
        for k in range(reach + 1):
            if t - k >= 0:
                found = spikes[t - k].bool() & no_p
                p, no_p = torch.where(found, float(t - k), p), no_p & ~found
            if 0 < k < length - t:
                found = spikes[t + k].bool() & no_n
                n, no_n = torch.where(found, float(t + k), n), no_n & ~found
            if not (no_p.any() or no_n.any()):
                break
        yield 1 / (n - p)


def simulate(video: torch.Tensor, seed: int) -> npt.NDArray[np.uint8]:
    """Plain simulation of the spikes of a gray video, by integrate and fire.

    The video is bytes (T, H, W); the spikes are packed.
    """
    torch.manual_seed(seed)
    held = torch.rand(video.shape[1:])
    spikes = torch.empty(video.shape, dtype=torch.bool)
    for t, frame in enumerate(video):
        held += (1.98543 / 255) * frame
        fired = held > 2.0
        held -= 2.0 * fired
        spikes[t] = fired
    gaps = torch.normal(140.0, 50.0, (video.numel() // 130,)).round().clamp(min=1).long()
    places = gaps.cumsum(0)
    cells = spikes.permute(1, 2, 0).reshape(-1)
    cells[places[places < len(cells)]] = True
    noisy = cells.reshape(*video.shape[1:], -1).permute(2, 0, 1).contiguous()
    return bits.pack(noisy.numpy().view(np.uint8))


def tfstp(spikes: torch.Tensor) -> Iterator[torch.Tensor]:
    """Plain TFSTP, texture from short-term plasticity.

    It updates the synapses of the pixels that fired, then computes the picture.
    """
    u0, D, F, f = 0.15, 1.0, 10.0, 0.15
    R = torch.ones(spikes.shape[1:])
    u = torch.full(spikes.shape[1:], u0)
    last = torch.full(spikes.shape[1:], -1.0)
    for t, frame in enumerate(spikes):
        fired = frame.bool()
        d, r, w = t - last[fired], R[fired], u[fired]
        R[fired] = 1 - (1 - r * (1 - w)) * torch.exp(-d / D)
        u[fired] = u0 + (w + f * (1 - w) - u0) * torch.exp(-d / F)
        last[fired] = t
        by_u = torch.log((u - u0) / (F - u0 + u * (1 - f)))
        by_R = torch.log((1 - R) / (1 - R * (1 - u)))
        yield -1 / (F * by_u) - 1 / (D * by_R)


def sdm(
    blur: torch.Tensor, spikes: torch.Tensor, frames: Sequence[int], exposure: tuple[int, int]
) -> Iterator[torch.Tensor]:
    """Plain SDM, with the window and prior of the method.

    ``blur`` and pictures are (3, h, w).

    At the recording's ends an interval is cut where nothing more is seen.
    """
    window, prior = 17, 0.2
    first, last = exposure
    rate = _charge(spikes, first, last) / (last - first)
    expected = rate * window + prior
    for frame in frames:
        start = frame - window // 2
        ratio = (_charge(spikes, start, start + window) + prior) / expected
        around = functional.pad(ratio[None, None], (1, 1, 1, 1), mode="replicate")
        patches = functional.unfold(around, 3).reshape(9, *ratio.shape)
        second = patches[[0, 1, 2, 3, 5, 6, 7, 8]].topk(2, dim=0).values[1]
        ratio = torch.minimum(ratio, torch.maximum(second, ratio - 1 / expected))
        fine = functional.interpolate(
            ratio[None, None], size=blur.shape[1:], mode="bicubic", antialias=True
        )
        yield (blur * fine[0]).clamp(0, 1)


def _charge(spikes: torch.Tensor, start: int, stop: int) -> torch.Tensor:
    total = spikes[start:stop].sum(0, dtype=torch.float32)
    return (total + _phase_of_interval(spikes, stop) - _phase_of_interval(spikes, start)).clamp(
        min=0
    )


def _phase_of_interval(spikes: torch.Tensor, edge: int) -> torch.Tensor:
    """Share of each pixel's interval that lies before the beginning of frame ``edge``."""
    before = _frames_to_first_spike(spikes[:edge].flip(0))
    return before / (before + _frames_to_first_spike(spikes[edge:]) + 1)


def _frames_to_first_spike(spikes: torch.Tensor) -> torch.Tensor:
    """Number of frames before the first spike of every pixel."""
    silent = torch.full(spikes.shape[1:], float(len(spikes)))
    unseen = torch.ones(spikes.shape[1:], dtype=torch.bool)
    for t, frame in enumerate(spikes):
        found = frame.bool() & unseen
        silent, unseen = torch.where(found, float(t), silent), unseen & ~found
        if not unseen.any():
            break
    return silent


def wgse(network: WGSE, spikes: torch.Tensor) -> torch.Tensor:
    """Plain WGSE: pictures (B, 1, H, W) of spikes (B, T, H, W), every pixel filtered by itself."""
    batch, frames, height, width = spikes.shape
    signals = spikes.permute(0, 2, 3, 1).reshape(-1, 1, frames)
    filtered = [_filter_signals(network, piece) for piece in torch.split(signals, 1 << 14)]
    planes = torch.cat(filtered).reshape(batch, height, width, -1)
    return network.reconstruct_filtered(planes.permute(0, 3, 1, 2).contiguous())


def _filter_signals(network: WGSE, signals: torch.Tensor) -> torch.Tensor:
    """Signals (N, 1, T) of WGSE to (N, 1, T + 1), level by level."""
    approximation, details = decompose(signals, network.config.levels)
    networks = (network.approximation, *network.details)
    filtered = []
    for one, coefficients in zip(networks, (approximation, *details), strict=True):
        features = one.second(functional.relu(one.first(coefficients)))
        filtered.append(functional.relu(one.last(functional.relu(features + coefficients))))
    return reconstruct(filtered[0], filtered[1:])
