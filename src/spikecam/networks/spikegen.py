"""SpikeGen: spikes alone, a picture alone, or both, to the latents of a sharp picture.

Latents of the picture and features of the spikes (`SpikeEncoder`) are mixed,

    z = (1 - g) z_rgb + g z_spike

and go through a transformer that sees all tokens at once; what comes out is the condition under
which a small network takes the noise from each token of the sharp latents (SpikeGen 3.2, Figure 2).

Our choices, where the paper is silent: the 512 features of the spikes and the latents are each
brought to the transformer's width by one linear layer, and mixed there, so that nothing of the
spikes is lost in 16 channels; positions as in `rotary`; spikes enter multiplied by a gain that
brings their rate to the brightness of the picture, and repeated where the picture is finer. What is
generated is not the sharp latents z_sharp but what they add to those of the picture,

    x = 2 (z_sharp - min(1, 5 (1 - g)) z_rgb),

so that an untrained network gives the picture back. Of that, one linear layer tells the mean, and
the mean deviation from it, by the condition of each token, and what is diffused is the rest,

    x_0 = (x - mean) / deviation:

a prediction, and samples around it, as in Whang et al., "Deblurring via stochastic refinement"
(2022). The head predicts velocity, see `diffusion`.

Ours, too, and left out of the published size: what a `DetailEncoder` sees of all frames is added to
the tokens, and once more to the conditions, while the spike encoder has the eight frames around the
moment; and of what the autoencoder loses of the picture, as much is kept as each token says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import OptionError
from spikecam.networks.detail_encoder import DetailEncoder, in_full
from spikecam.networks.diffusion import q_sample
from spikecam.networks.sizes import check_least
from spikecam.networks.spike_encoder import SpikeEncoder
from spikecam.networks.token_head import TokenHead
from spikecam.networks.transformer import Transformer

# Frames, and pixels a side, that become one.
STRIDE = 8
# What is added to latents is about half as large as they are.
SCALE = 2.0
# Logarithms of deviations beyond this are no more told apart.
_STEEP = 4.0


@dataclass(frozen=True)
class SpikeGenConfig:
    """Size of the network; by default as published (Table 5; 512 features, 3.2).

    The paper does not give the spike encoder's first channels, nor the size of the head: ours are
    128 and 256, and those of MAR.

    Attributes:
        channels: of the latents.
        width: of the transformer's tokens.
        depth, decoder_depth: blocks of its two halves.
        heads: of its attention.
        mlp_ratio: width of its perceptrons in that of tokens.
        base: of the rotary positions.
        spike_channels: of the spike encoder's convolutions; the last is that of the features.
        head_width, head_blocks: of the head.
        detail: channels of the `DetailEncoder`; 0, as published, leaves out all that is ours: it,
            what is carried over, and that the spike encoder has eight frames of all.
        frames: of spikes that it is trained with, a multiple of 8.
        side: tokens a side of the pictures that it is trained with.
        autoencoder: fingerprint of the autoencoder whose latents these are.
    """

    channels: int = 16
    width: int = 768
    depth: int = 12
    decoder_depth: int = 12
    heads: int = 12
    mlp_ratio: float = 4.0
    base: float = 10000.0
    spike_channels: tuple[int, int, int] = (128, 256, 512)
    head_width: int = 1024
    head_blocks: int = 3
    detail: int = 0
    frames: int = 8
    side: int = 32
    autoencoder: str = ""

    def __post_init__(self) -> None:
        check_least(self, channels=1, width=4, depth=1, decoder_depth=1, heads=1)
        check_least(self, head_width=1, head_blocks=0, detail=0, frames=STRIDE, side=1)
        if self.width % (4 * self.heads):
            raise OptionError(
                f"width is a multiple of 4 times the heads, not {self.width} with {self.heads}"
            )
        if not (self.mlp_ratio > 0 and self.base > 1):
            raise OptionError("mlp_ratio is a number above 0, and base one above 1")
        if self.frames % STRIDE:
            raise OptionError(f"frames are a multiple of {STRIDE}, not {self.frames}")
        if len(self.spike_channels) != 3 or min(self.spike_channels) < 1:
            raise OptionError(f"spike_channels are three numbers from 1, not {self.spike_channels}")


# The published one, and two that are trained without a cluster.
SIZES = {
    "base": SpikeGenConfig(),
    "small": SpikeGenConfig(
        width=384,
        depth=6,
        decoder_depth=6,
        heads=6,
        spike_channels=(48, 96, 256),
        head_width=512,
        detail=96,
    ),
    "tiny": SpikeGenConfig(
        width=256,
        depth=4,
        decoder_depth=4,
        heads=4,
        spike_channels=(24, 64, 192),
        head_width=256,
        detail=64,
    ),
}


class Seen(NamedTuple):
    """What SpikeGen sees of a batch.

    Attributes:
        mix: g from 0, the picture alone, to 1, spikes alone, (B,).
        latents: of the picture, (B, C, h, w); None where ``mix`` is 1 throughout.
        spikes: zeros and ones, (B, T, H, W), T a multiple of 8, of the same view as the latents,
            and repeated to 8 pixels a token; None where ``mix`` is 0 throughout.
        gain: what brings the rate of spikes to the brightness of the picture, (B,); by default 1.
        picture: of which the latents are, (B, 3, 8 h, 8 w); None where latents are all there is.
    """

    mix: Tensor
    latents: Tensor | None = None
    spikes: Tensor | None = None
    gain: Tensor | None = None
    picture: Tensor | None = None


class SpikeGen(nn.Module):
    """The network; see the module's description."""

    def __init__(self, config: SpikeGenConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or SpikeGenConfig()
        width = config.width
        self.spike_encoder = SpikeEncoder(config.spike_channels)
        self.from_spikes = nn.Linear(config.spike_channels[-1], width)
        self.from_latents = nn.Linear(config.channels, width)
        kind = {"mlp_ratio": config.mlp_ratio, "base": config.base}
        self.encoder = Transformer(config.depth, width, config.heads, **kind)
        self.between = nn.Linear(width, width)
        self.decoder = Transformer(config.decoder_depth, width, config.heads, **kind)
        self.mean = nn.Linear(width, config.channels)
        self.spread = nn.Linear(width, config.channels)
        self.kept = nn.Linear(width, 1) if config.detail else None
        # Untrained, it adds nothing, and keeps half of what the autoencoder loses.
        for told in (self.mean, self.spread, self.kept):
            if told is not None:
                nn.init.zeros_(told.weight)
                nn.init.zeros_(told.bias)
        self.detail = DetailEncoder(config.detail, width, config.frames) if config.detail else None
        self.head = TokenHead(config.channels, width, config.head_width, config.head_blocks)

    def condition(self, seen: Seen) -> Tensor:
        """What the head is told of each token, (B, h, w, width).

        Raises:
            OptionError: neither latents nor spikes.
        """
        latents, spikes = seen.latents, _shown(seen)
        share = seen.mix[:, None, None, None]
        tokens: Tensor | None = None
        if latents is not None:
            tokens = (1 - share) * self.from_latents(latents.movedim(1, -1))
        if spikes is not None:
            near = spikes if self.detail is None else middle(spikes)
            own = share * self.from_spikes(self.spike_encoder(near).movedim(1, -1))
            tokens = own if tokens is None else tokens + own
        if tokens is None:
            raise OptionError("give latents of a picture, or spikes, or both")
        detail: Tensor | float = 0.0
        if self.detail is not None and seen.picture is not None:
            gain = torch.ones_like(seen.mix) if seen.gain is None else seen.gain
            detail = self.detail(seen.picture, spikes, gain, seen.mix).movedim(1, -1)
        tokens = tokens + detail
        shape = tokens.shape[1], tokens.shape[2]
        encoded = self.between(self.encoder(tokens.flatten(1, 2), shape))
        decoded: Tensor = self.decoder(encoded, shape)
        return decoded.reshape(len(decoded), *shape, -1) + detail

    def baseline(self, latents: Tensor, mix: Tensor) -> Tensor:
        """What sharp latents have of those of the picture, before anything is added."""
        return in_full(1 - mix) * latents

    def carried(self, condition: Tensor, lost: Tensor, mix: Tensor) -> Tensor:
        """What pictures have beside their latents, (B, 3, 8 h, 8 w); not of the published size.

        Args:
            condition: (B, h, w, width).
            lost: by the autoencoder of the picture, (B, 3, 8 h, 8 w).
            mix: g, (B,).
        """
        assert self.kept is not None
        kept = torch.sigmoid(self.kept(condition).float()).movedim(-1, 1)
        kept = functional.interpolate(kept, size=lost.shape[2:], mode="bilinear")
        return in_full(1 - mix) * kept * lost

    def around(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Mean of x, (..., C), by conditions (..., width), and logarithm of the mean deviation.

        The deviation is learned beside all else: it changes neither means nor conditions.
        """
        spread: Tensor = self.spread(condition.detach()).float()
        return self.mean(condition).float(), spread.clamp(-_STEEP, _STEEP)

    def forward(
        self, condition: Tensor, seen: Seen, sharp: Tensor, noise: Tensor, times: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The mean, and what training makes small.

        Args:
            condition: of what is seen, (B, h, w, width).
            seen: latents of the picture among it.
            sharp: the true latents, (B, C, h, w).
            noise, times: of K draws for each of the N = B h w tokens, (K, N, C) and (K, N).

        Returns:
            The mean of x for every token, (N, C); how far x is from it, (N, C); how unlikely that
            is, (N, C): the negative logarithm of Laplace's likelihood, but for a constant, with the
            mean deviation that is told; and the difference of the predicted and the true velocity
            of x_0, (K, N, C).
        """
        assert seen.latents is not None
        condition = condition.flatten(0, 2)
        added = SCALE * (sharp - self.baseline(seen.latents, seen.mix))
        added = added.movedim(1, -1).flatten(0, 2)
        mean, spread = self.around(condition)
        apart = added - mean
        rest = apart.detach() * torch.exp(-spread)
        unlikely = rest.abs() + spread
        draws = len(noise)
        rest = rest.detach().repeat(draws, 1)
        noisy, velocity = q_sample(rest, noise.flatten(0, 1), times.flatten())
        predicted: Tensor = self.head(noisy, times.flatten(), condition.repeat(draws, 1))
        return mean, apart, unlikely, (predicted - velocity).reshape(draws, *added.shape)


def middle(spikes: Tensor) -> Tensor:
    """The eight frames in the middle of (B, T, H, W)."""
    first = (spikes.shape[1] - STRIDE) // 2
    return spikes[:, first : first + STRIDE]


def _shown(seen: Seen) -> Tensor | None:
    """Spikes as bright as the picture, 8 pixels a token."""
    if seen.spikes is None:
        return None
    spikes = seen.spikes.float()
    if seen.gain is not None:
        spikes = spikes * seen.gain[:, None, None, None]
    if seen.latents is not None:
        size = tuple(STRIDE * side for side in seen.latents.shape[2:])
        if spikes.shape[2:] != size:
            spikes = functional.interpolate(spikes, size=size, mode="nearest")
    return spikes
