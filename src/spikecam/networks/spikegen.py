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

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import OptionError
from spikecam.networks.configs.spikegen import STRIDE, SpikeGenConfig
from spikecam.networks.detail_encoder import DetailEncoder, in_full
from spikecam.networks.diffusion import q_sample
from spikecam.networks.spike_encoder import SpikeEncoder
from spikecam.networks.token_head import TokenHead
from spikecam.networks.transformer import Transformer

# What is added to latents is about half as large as they are.
SCALE = 2.0
# Logarithms of deviations beyond this are no more told apart.
_STEEP = 4.0


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
