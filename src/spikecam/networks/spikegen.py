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

so that an untrained network gives the picture back. One linear layer predicts the mean of that, and
another the mean deviation from it, by the condition of each token; what is diffused is the rest,

    x_0 = (x - mean) / deviation:

a prediction, and samples around it, as in Whang et al., "Deblurring via stochastic refinement"
(2022). The head predicts velocity, see `diffusion`.

Ours, too, and left out of the published size: features of all frames by a `DetailEncoder` are added
to the tokens, and once more to the conditions, while the spike encoder has the eight frames around
the moment; and of what the autoencoder loses of the picture, each token's gate says how much is
added again.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import OptionError
from spikecam.networks.configs.spikegen import (
    STRIDE,
    SpikeGenConfig,
    SpikeGenInputConfig,
)
from spikecam.networks.detail_encoder import DetailEncoder, saturated_share
from spikecam.networks.diffusion import q_sample_and_velocity
from spikecam.networks.spike_encoder import SpikeEncoder
from spikecam.networks.token_head import TokenHead
from spikecam.networks.transformer import Transformer

# Factor of changes of latents before diffusion: they are about half as large as latents.
LATENT_CHANGE_SCALE = 2.0
# Logarithms of deviations are clamped to this, either way.
_MAX_LOG_SCALE = 4.0


class SpikeGenInputs(NamedTuple):
    """Input tensors of SpikeGen.

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


class SpikeGenErrors(NamedTuple):
    """Predicted mean and training errors of SpikeGen, for N tokens and K draws of noise.

    Attributes:
        mean: predicted mean of x, (N, C).
        mean_error: x less its mean, (N, C).
        nll: negative logarithm of Laplace's likelihood of x, up to a constant, with the predicted
            mean deviation, (N, C).
        velocity_error: predicted less true velocity of x_0, (K, N, C).
    """

    mean: Tensor
    mean_error: Tensor
    nll: Tensor
    velocity_error: Tensor


class SpikeGen(nn.Module):
    """SpikeGen network: from spikes, a picture, or both to the latents of a sharp picture."""

    def __init__(
        self, config: SpikeGenConfig | None = None, input_config: SpikeGenInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config = config or SpikeGenConfig()
        self.input_config = input_config or SpikeGenInputConfig()
        width = config.width
        self.spike_encoder = SpikeEncoder(config.spike_channels)
        self.from_spikes = nn.Linear(config.spike_channels[-1], width)
        self.from_latents = nn.Linear(config.channels, width)
        shared = {"mlp_ratio": config.mlp_ratio, "rotary_base": config.rotary_base}
        self.encoder = Transformer(config.depth, width, config.heads, **shared)
        self.decoder_embed = nn.Linear(width, width)
        self.decoder = Transformer(config.decoder_depth, width, config.heads, **shared)
        self.mean = nn.Linear(width, config.channels)
        self.log_scale = nn.Linear(width, config.channels)
        self.residual_gate = nn.Linear(width, 1) if config.detail_width else None
        # Untrained, it changes nothing, and adds half of what the autoencoder loses.
        for layer in (self.mean, self.log_scale, self.residual_gate):
            if layer is not None:
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)
        self.detail = None
        if config.detail_width:
            self.detail = DetailEncoder(config.detail_width, width, config.frames)
        self.head = TokenHead(config.channels, width, config.head_width, config.head_blocks)

    def encode_condition(self, inputs: SpikeGenInputs) -> Tensor:
        """Encode the inputs to a condition of each token for the denoising head, (B, h, w, width).

        Raises:
            OptionError: neither latents nor spikes.
        """
        latents, spikes = inputs.latents, _scale_and_resize_spikes(inputs)
        share = inputs.mix[:, None, None, None]
        tokens: Tensor | None = None
        if latents is not None:
            tokens = (1 - share) * self.from_latents(latents.movedim(1, -1))
        if spikes is not None:
            encoded_spikes = spikes if self.detail is None else middle_frames(spikes)
            of_spikes = share * self.from_spikes(self.spike_encoder(encoded_spikes).movedim(1, -1))
            tokens = of_spikes if tokens is None else tokens + of_spikes
        if tokens is None:
            raise OptionError("give latents of a picture, or spikes, or both")
        detail: Tensor | float = 0.0
        if self.detail is not None and inputs.picture is not None:
            gain = torch.ones_like(inputs.mix) if inputs.gain is None else inputs.gain
            detail = self.detail(inputs.picture, spikes, gain, inputs.mix).movedim(1, -1)
        tokens = tokens + detail
        shape = tokens.shape[1], tokens.shape[2]
        encoded = self.decoder_embed(self.encoder(tokens.flatten(1, 2), shape))
        decoded: Tensor = self.decoder(encoded, shape)
        return decoded.reshape(len(decoded), *shape, -1) + detail

    def baseline_latents(self, picture_latents: Tensor, mix: Tensor) -> Tensor:
        """Latents that the generated change is added to.

        They are those of the picture times its saturated share.
        """
        return saturated_share(1 - mix) * picture_latents

    def gated_residual(self, condition: Tensor, residual: Tensor, mix: Tensor) -> Tensor:
        """Residual of the autoencoder times a gate of each token, (B, 3, 8 h, 8 w).

        Args:
            condition: (B, h, w, width).
            residual: the picture less its reconstruction by the autoencoder, (B, 3, 8 h, 8 w).
            mix: g, (B,).
        """
        assert self.residual_gate is not None
        gate = torch.sigmoid(self.residual_gate(condition).float()).movedim(-1, 1)
        gate = functional.interpolate(gate, size=residual.shape[2:], mode="bilinear")
        return saturated_share(1 - mix) * gate * residual

    def predict_gaussian(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Predict the mean of x and the logarithm of its mean deviation, each (..., C).

        The deviation is learned beside all else: it changes neither means nor conditions.
        """
        log_scale: Tensor = self.log_scale(condition.detach()).float()
        return self.mean(condition).float(), log_scale.clamp(-_MAX_LOG_SCALE, _MAX_LOG_SCALE)

    def forward(
        self,
        condition: Tensor,
        inputs: SpikeGenInputs,
        sharp_latents: Tensor,
        noise: Tensor,
        times: Tensor,
    ) -> SpikeGenErrors:
        """Compute the errors that training minimises.

        Args:
            condition: of ``inputs``, (B, h, w, width).
            inputs: with latents of the picture.
            sharp_latents: the true latents, (B, C, h, w).
            noise, times: of K draws for each of the N = B h w tokens, (K, N, C) and (K, N).
        """
        assert inputs.latents is not None
        condition = condition.flatten(0, 2)
        change = LATENT_CHANGE_SCALE * (
            sharp_latents - self.baseline_latents(inputs.latents, inputs.mix)
        )
        change = change.movedim(1, -1).flatten(0, 2)
        mean, log_scale = self.predict_gaussian(condition)
        mean_error = change - mean
        rest = mean_error.detach() * torch.exp(-log_scale)
        nll = rest.abs() + log_scale
        draws = len(noise)
        rest = rest.detach().repeat(draws, 1)
        noisy, velocity = q_sample_and_velocity(rest, noise.flatten(0, 1), times.flatten())
        predicted: Tensor = self.head(noisy, times.flatten(), condition.repeat(draws, 1))
        velocity_error = (predicted - velocity).reshape(draws, *change.shape)
        return SpikeGenErrors(mean, mean_error, nll, velocity_error)


def middle_frames(spikes: Tensor) -> Tensor:
    """The eight middle frames of spikes (B, T, H, W)."""
    first = (spikes.shape[1] - STRIDE) // 2
    return spikes[:, first : first + STRIDE]


def _scale_and_resize_spikes(inputs: SpikeGenInputs) -> Tensor | None:
    """Multiply spikes by their gain, and resize them to 8 x 8 pixels a token."""
    if inputs.spikes is None:
        return None
    spikes = inputs.spikes.float()
    if inputs.gain is not None:
        spikes = spikes * inputs.gain[:, None, None, None]
    if inputs.latents is not None:
        size = tuple(STRIDE * side for side in inputs.latents.shape[2:])
        if spikes.shape[2:] != size:
            spikes = functional.interpolate(spikes, size=size, mode="nearest")
    return spikes
