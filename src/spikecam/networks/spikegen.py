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

    x = 2 (z_sharp - min(1, 2 (1 - g)) z_rgb),

so that an untrained network gives the picture back. Of that, one linear layer tells the mean, and
the mean deviation from it, by the condition of each token, and what is diffused is the rest,

    x_0 = (x - mean) / deviation:

a prediction, and samples around it, as in Whang et al., "Deblurring via stochastic refinement"
(2022). The head predicts velocity, see `diffusion`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import OptionError
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
    frames: int = 8
    side: int = 32
    autoencoder: str = ""

    def __post_init__(self) -> None:
        check_least(self, channels=1, width=4, depth=1, decoder_depth=1, heads=1)
        check_least(self, head_width=1, head_blocks=0, frames=STRIDE, side=1)
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
    ),
    "tiny": SpikeGenConfig(
        width=256,
        depth=4,
        decoder_depth=4,
        heads=4,
        spike_channels=(24, 64, 192),
        head_width=256,
    ),
}


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
        # Untrained, it adds nothing.
        for told in (self.mean, self.spread):
            nn.init.zeros_(told.weight)
            nn.init.zeros_(told.bias)
        self.head = TokenHead(config.channels, width, config.head_width, config.head_blocks)

    def condition(self, latents: Tensor | None, spikes: Tensor | None, mix: Tensor) -> Tensor:
        """What the head is told of each token, (B, h, w, width).

        Args:
            latents: of the picture, (B, C, h, w); None where ``mix`` is 1 throughout.
            spikes: (B, T, H, W) times their gain, T a multiple of 8, of the same view as the
                latents, and repeated to 8 pixels a token; None where ``mix`` is 0 throughout.
            mix: g from 0, the picture alone, to 1, spikes alone, (B,).
        """
        share = mix[:, None, None, None]
        tokens: Tensor | None = None
        if latents is not None:
            tokens = (1 - share) * self.from_latents(latents.movedim(1, -1))
        if spikes is not None:
            if latents is not None:
                size = tuple(STRIDE * side for side in latents.shape[2:])
                if spikes.shape[2:] != size:
                    spikes = functional.interpolate(spikes, size=size, mode="nearest")
            own = share * self.from_spikes(self.spike_encoder(spikes).movedim(1, -1))
            tokens = own if tokens is None else tokens + own
        if tokens is None:
            raise OptionError("give latents of a picture, or spikes, or both")
        shape = tokens.shape[1], tokens.shape[2]
        encoded = self.between(self.encoder(tokens.flatten(1, 2), shape))
        decoded: Tensor = self.decoder(encoded, shape)
        return decoded.reshape(len(decoded), *shape, -1)

    def baseline(self, latents: Tensor, mix: Tensor) -> Tensor:
        """What sharp latents have of those of the picture, before anything is added."""
        share = (2 * (1 - mix)).clamp(max=1)
        return share[:, None, None, None] * latents

    def around(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Mean of x, (..., C), by conditions (..., width), and logarithm of the mean deviation.

        The deviation is learned beside all else: it changes neither means nor conditions.
        """
        spread: Tensor = self.spread(condition.detach()).float()
        return self.mean(condition).float(), spread.clamp(-_STEEP, _STEEP)

    def forward(
        self,
        latents: Tensor,
        spikes: Tensor | None,
        mix: Tensor,
        sharp: Tensor,
        noise: Tensor,
        times: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The mean, and what training makes small.

        Args:
            latents, spikes, mix: as for `condition`.
            sharp: the true latents, (B, C, h, w).
            noise, times: of K draws for each of the N = B h w tokens, (K, N, C) and (K, N).

        Returns:
            The mean of x for every token, (N, C); how far x is from it, (N, C); how unlikely that
            is, (N, C): the negative logarithm of Laplace's likelihood, but for a constant, with the
            mean deviation that is told; and the difference of the predicted and the true velocity
            of x_0, (K, N, C).
        """
        condition = self.condition(latents, spikes, mix).flatten(0, 2)
        added = SCALE * (sharp - self.baseline(latents, mix))
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
