"""Refocuser: firing rates over several lengths of time to one picture in focus; ours.

The main paper of "Seeing Through Blur" does not publish its network in full; this one keeps what
the supplement says of it: potentials at several time scales go in, one sharp picture comes out, and
it has less than 9.5 million parameters.

It works in two steps. The first estimates how far out of focus each place is, in cells of eight
pixels: it scores deconvolutions by discs of several sizes, at several noise levels, by features
that one small encoder finds in each of them and by the energy in each frequency band. By these
scores they are mixed; beside the mix stand, for each noise level, the deconvolutions by the discs
that are likely at a place, and, at the middle level, those by the next smaller and larger discs. So
the second step, a residual network on grids a half, a quarter and an eighth as fine as the picture,
gets the best deconvolution everywhere, whatever the disc, and adds what none of them has. All is
scaled to the same mean brightness before, so that one network serves the dark and the bright.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import OptionError
from spikecam.networks.configs.refocuser import RefocuserConfig, RefocuserInputConfig
from spikecam.networks.residual import ResidualBlock

# Pixels a side to one place of the finest grid, and to one cell: sides are multiples of the latter.
GRID_PIXELS, CELL_PIXELS = 2, 8
# Maps: rates in four windows, and the exact rate; deconvolutions by twelve discs at three noise
# levels, from strong to weak regularisation; frequency bands. The exact rate and the deconvolutions
# are mixed.
WINDOWS, DISCS, LEVELS, BANDS = 4, 12, 3, 21
MIXED = DISCS * LEVELS + 1
# Maps that the second step gets: the windows, the exact rate, the mix, one map for each noise
# level, and the next smaller and larger discs.
_SECOND_STEP_MAPS = WINDOWS + 2 + LEVELS + 2
# Input normalisation: mean and scale.
_INPUT_MEAN, _INPUT_SCALE = 0.4, 4.0
# Mean rate below which the gain does not grow further.
_MIN_BRIGHTNESS = 2e-3
# Score of the exact rate in an untrained network.
_EXACT_RATE_LOGIT = 1.0
# Length of a window whose logarithm is 0, in frames.
_REFERENCE_FRAMES = 100.0
# Averaging windows of band energies, in cells; floor inside the logarithm; scale and shift of it.
_NARROW_CELLS, _WIDE_CELLS = 3, 11
_ENERGY_EPS, _LOG_ENERGY_SCALE, _LOG_ENERGY_SHIFT = 1e-7, 1 / 3, 2.5
# Dilations of the scoring blocks, one after another.
_DILATIONS = (1, 2, 4, 1)
# How many there are of the constants of the input.
_MAP_COUNTS = {
    "window_divisors": WINDOWS,
    "disc_radii": DISCS,
    "noise_levels": LEVELS,
    "band_centres": BANDS,
}


class Refocuser(nn.Module):
    """Refocuser network: firing rates to a picture in focus. Sides are multiples of 8."""

    def __init__(
        self,
        config: RefocuserConfig | None = None,
        input_config: RefocuserInputConfig | None = None,
    ) -> None:
        super().__init__()
        self.config = config = config or RefocuserConfig()
        self.input_config = input_config = input_config or RefocuserInputConfig()
        for name, count in _MAP_COUNTS.items():
            if len(getattr(input_config, name)) != count:
                raise OptionError(
                    f"the refocuser takes {count} {name}, and its input has "
                    f"{len(getattr(input_config, name))}"
                )
        width, middle, deep = config.width, config.middle_width, config.deep_width
        self.map_encoder = _map_encoder(config.score_width)
        self.map_projection = nn.Conv2d(MIXED * config.score_width, deep, 1)
        # Energies over narrow and wide windows, and the conditioning: gain and frames.
        self.energy_head = nn.Conv2d(2 * BANDS + 2, deep, 1)
        self.scoring = _residual_blocks(deep, _scoring_dilations(config))
        self.score = nn.Conv2d(deep, MIXED, 1)
        # The maps unfolded, the share of each disc and of none, and the conditioning.
        channels = _SECOND_STEP_MAPS * GRID_PIXELS**2 + DISCS + 1 + 2
        self.stem = nn.Conv2d(channels, width, 3, padding=1)
        self.before = _residual_blocks(width, [1] * config.blocks)
        self.down = nn.Conv2d(width, middle, 4, stride=2, padding=1)
        self.middle_before = _residual_blocks(middle, [1] * config.middle_blocks)
        self.middle_down = nn.Conv2d(middle, deep, 4, stride=2, padding=1)
        self.deep = _residual_blocks(deep, [1] * config.deep_blocks)
        self.middle_up = _upsample_conv(deep, middle)
        self.middle_after = _residual_blocks(middle, [1] * config.middle_blocks)
        self.up = _upsample_conv(middle, width)
        self.after = _residual_blocks(width, [1] * config.blocks)
        self.predict = nn.Conv2d(width, GRID_PIXELS**2, 3, padding=1)
        # Untrained, it adds nothing to a mix in which the exact rate has the largest share.
        for last in (self.score, self.predict):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(torch.as_tensor(last.bias))
        torch.as_tensor(self.score.bias).data[-1] = _EXACT_RATE_LOGIT

    @property
    def receptive_radius(self) -> int:
        """Radius of the receptive field in pixels: what lies farther away does not matter."""
        config = self.config
        fine = 2 * 2 * config.blocks + 2 + 2
        middle = 2 * 2 * config.middle_blocks + 2
        deep = 2 * config.deep_blocks + 2
        # Shares are of cells, and smooth from one to the next.
        scoring = (
            sum(dilation + 1 for dilation in _scoring_dilations(config)) + _WIDE_CELLS // 2 + 2 + 1
        )
        return GRID_PIXELS * fine + 2 * GRID_PIXELS * middle + CELL_PIXELS * (deep + scoring)

    def forward(
        self,
        rates: Tensor,
        deconvolved: Tensor,
        energies: Tensor,
        brightness: Tensor,
        frames: Tensor,
    ) -> Tensor:
        """Predict the firing rates of the scene in focus, (B, 1, H, W), not clipped.

        Args:
            rates: in four windows, from long to short, and the exact rate, (B, 5, H, W).
            deconvolved: the exact rate, deconvolved by twelve discs, from small to large, each at
                three noise levels, from high to low, (B, 36, H, W).
            energies: of the exact rate in each frequency band, (B, 21, H / 8, W / 8).
            brightness: mean rate of the whole scene, (B,), the same for all tiles of it.
            frames: length of the longest window, (B,).
        """
        return self.forward_with_mix_and_scores(rates, deconvolved, energies, brightness, frames)[0]

    def forward_with_mix_and_scores(
        self,
        rates: Tensor,
        deconvolved: Tensor,
        energies: Tensor,
        brightness: Tensor,
        frames: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """As `forward`, with the mix of deconvolutions and the scores.

        Scores are (B, 37, H / 8, W / 8).

        Scores are logarithms of each deconvolution's share in the mix, and of the exact rate's, the
        last, up to a constant.
        """
        gain = (_INPUT_MEAN / brightness.clamp(min=_MIN_BRIGHTNESS))[:, None, None, None]
        conditioning = torch.stack(
            [gain.flatten().log(), (frames / _REFERENCE_FRAMES).log()], dim=1
        )[:, :, None, None]
        windows, exact, deconvolved = (
            _INPUT_SCALE * (maps * gain - _INPUT_MEAN)
            for maps in (rates[:, :WINDOWS], rates[:, WINDOWS:], deconvolved)
        )
        features = self._encode_maps(torch.cat([deconvolved, exact], dim=1))
        log_energies = _log_mean_energies(energies * gain.square())
        features = features + self.energy_head(
            torch.cat([log_energies, _expand_to(conditioning, log_energies)], dim=1)
        )
        features = self.scoring(features)
        scores = self.score(features).float()
        shares = scores.softmax(1)
        mix = _mix_maps(exact, deconvolved, shares)
        best, disc_shares = _mix_by_likely_discs(exact, deconvolved, shares)
        maps = torch.cat([windows, exact, mix, best], dim=1)
        unfolded = functional.pixel_unshuffle(maps, GRID_PIXELS)
        fine = self.before(
            self.stem(torch.cat([unfolded, disc_shares, _expand_to(conditioning, unfolded)], dim=1))
        )
        middle = self.middle_before(self.down(fine))
        deep = self.deep(self.middle_down(middle) + features)
        middle = self.middle_after(middle + self.middle_up(deep))
        fine = self.after(fine + self.up(middle))
        residual = functional.pixel_shuffle(self.predict(fine), GRID_PIXELS).float()
        sharp, mix = (
            (picture / _INPUT_SCALE + _INPUT_MEAN) / gain for picture in (mix + residual, mix)
        )
        return sharp, mix, scores

    def _encode_maps(self, maps: Tensor) -> Tensor:
        """Encode every map by the same encoder to joint features, (B, deep, H / 8, W / 8)."""
        encoded = self.map_encoder(maps.flatten(0, 1)[:, None])
        features: Tensor = self.map_projection(encoded.reshape(len(maps), -1, *encoded.shape[2:]))
        return features


def _mix_maps(exact: Tensor, deconvolved: Tensor, shares: Tensor) -> Tensor:
    """Mix deconvolutions and the exact rate by their shares in each cell, (B, 1, H, W)."""
    weights = _upsample(shares, CELL_PIXELS)
    return (weights[:, :-1] * deconvolved).sum(1, keepdim=True) + weights[:, -1:] * exact


def _mix_by_likely_discs(
    exact: Tensor, deconvolved: Tensor, shares: Tensor
) -> tuple[Tensor, Tensor]:
    """Mix the deconvolutions of each noise level by the discs that are likely at a place.

    Returns:
        At each noise level those by the likely discs, and at the middle one those by the next
        smaller and larger discs, (B, 5, H, W); and the shares of no disc and of each,
        (B, 13, H / 2, W / 2).
    """
    disc_shares = torch.cat([shares[:, -1:], _group_by_disc(shares[:, :-1]).sum(2)], dim=1)
    weights = _upsample(disc_shares, CELL_PIXELS)
    # No disc is the first: at all noise levels it stands for the exact rate.
    none = torch.zeros_like(weights[:, :1])
    larger = torch.cat([none, weights[:, :-2], weights[:, -2:].sum(1, keepdim=True)], dim=1)
    smaller = torch.cat([weights[:, :2].sum(1, keepdim=True), weights[:, 2:], none], dim=1)
    weighed = [(weights, level) for level in range(LEVELS)]
    weighed += [(neighbours, LEVELS // 2) for neighbours in (smaller, larger)]
    bank = _group_by_disc(deconvolved)
    best = [
        weights[:, :1] * exact + (weights[:, 1:] * bank[:, :, level]).sum(1, keepdim=True)
        for weights, level in weighed
    ]
    return torch.cat(best, dim=1), _upsample(disc_shares, CELL_PIXELS // GRID_PIXELS)


def _group_by_disc(maps: Tensor) -> Tensor:
    """Group maps (B, 36, h, w) by disc and noise level, (B, 12, 3, h, w)."""
    return maps.reshape(len(maps), DISCS, LEVELS, *maps.shape[2:])


def _log_mean_energies(energies: Tensor) -> Tensor:
    """Logarithms of locally averaged energies, (B, 42, h, w).

    Averages are over narrow and wide windows of cells.
    """
    means = [
        functional.avg_pool2d(energies, cells, 1, cells // 2, count_include_pad=False)
        for cells in (_NARROW_CELLS, _WIDE_CELLS)
    ]
    return _LOG_ENERGY_SCALE * (torch.cat(means, dim=1) + _ENERGY_EPS).log() + _LOG_ENERGY_SHIFT


def _expand_to(values: Tensor, features: Tensor) -> Tensor:
    """Expand values (B, n, 1, 1) to the height and width of features."""
    return values.expand(-1, -1, *features.shape[2:])


def _upsample(shares: Tensor, factor: int) -> Tensor:
    return functional.interpolate(shares, scale_factor=factor, mode="bilinear")


def _map_encoder(channels: int) -> nn.Sequential:
    """Make the encoder of one map: three convolutions of stride 2."""
    return nn.Sequential(
        nn.Conv2d(1, channels, 5, stride=2, padding=2),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels, channels, 3, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels, channels, 3, stride=2, padding=1),
        nn.ReLU(inplace=True),
    )


def _scoring_dilations(config: RefocuserConfig) -> list[int]:
    """Dilation of each scoring block."""
    return [_DILATIONS[i % len(_DILATIONS)] for i in range(config.score_blocks)]


def _residual_blocks(channels: int, dilations: Sequence[int]) -> nn.Sequential:
    """Make residual blocks that add nothing while untrained."""
    blocks = [ResidualBlock(channels, dilation) for dilation in dilations]
    for block in blocks:
        nn.init.zeros_(block.second.weight)
        nn.init.zeros_(torch.as_tensor(block.second.bias))
    return nn.Sequential(*blocks)


def _upsample_conv(in_channels: int, out_channels: int) -> nn.Sequential:
    """Make a 1x1 convolution and a pixel shuffle, to twice the resolution."""
    return nn.Sequential(nn.Conv2d(in_channels, 4 * out_channels, 1), nn.PixelShuffle(2))
