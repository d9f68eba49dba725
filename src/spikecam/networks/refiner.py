"""Refiner, which corrects pictures of ratios of light, whatever the threshold; ours.

It sees light as ratios of short to long exposures, which no threshold changes, and gives a better
ratio for the formula of SDM (SpikeReveal, Eq. 8), where SDM's own or that of the gray from spikes
alone is the first, and what is to be added to its sharp picture,
whose colours follow the blurry picture's (`spikecam.networks.colour_lines`). All convolutions but
those that go half as fine run on a grid a quarter as fine as the picture, which is unfolded onto
it. The branch of the picture and of its whole exposure is the same for every moment and is computed
once.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import OptionError
from spikecam.networks.colour_lines import WINDOW_CELLS, colour_by_lines, fit_colour_lines, gray_of
from spikecam.networks.configs.refiner import RefinerConfig, RefinerInputConfig
from spikecam.networks.residual import ResidualBlock

# Pixels of the picture, a side, to one of the grid that the network works on.
GRID_PIXELS = 4
# Moments of the exposure whose pictures are warped, and channels of each: three colours, and gray.
WARP_MOMENTS, WARP_CHANNELS = 8, 4
# Logarithms of ratios beyond this are as good as black, and white.
_MAX_LOG_RATIO = 6.0
# Logit of the share of the coarse gray, untrained, and the darkest gray that it is divided by.
_SHARE_LOGIT, _MIN_GRAY = 2.0, 1e-3


class Refiner(nn.Module):
    """Refiner network, which corrects the pictures of SDM.

    Heights and widths of pictures are multiples of 8; the maps are a quarter as high and wide.
    """

    def __init__(
        self, config: RefinerConfig | None = None, input_config: RefinerInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config = config or RefinerConfig()
        self.input_config = input_config = input_config or RefinerInputConfig()
        for name in ("exposure_maps", "moment_maps"):
            if getattr(config, name) != getattr(input_config, name):
                raise OptionError(
                    f"the refiner takes {getattr(config, name)} {name}, and its input has "
                    f"{getattr(input_config, name)}"
                )
        width, deep, unfolded = config.width, config.deep_width, 3 * GRID_PIXELS**2
        self.picture = nn.Sequential(
            nn.Conv2d(unfolded + config.exposure_maps, width, 3, padding=1),
            *(ResidualBlock(width) for _ in range(config.picture_blocks)),
        )
        self.deep_picture = nn.Sequential(_downsampling_conv(width, deep), ResidualBlock(deep))
        channels = config.moment_maps + (unfolded if config.sdm_change else 0)
        self.moment = nn.Conv2d(channels, width, 3, padding=1)
        if config.flow_warp:
            warped_channels = WARP_MOMENTS * (WARP_CHANNELS * GRID_PIXELS**2 + 2)
            self.warped = nn.Sequential(
                nn.Conv2d(warped_channels, 2 * width, 1),
                nn.ReLU(inplace=True),
                nn.Conv2d(2 * width, width, 3, padding=1),
            )
        self.join = nn.Conv2d(2 * width, width, 3, padding=1)
        self.before = nn.Sequential(*(ResidualBlock(width) for _ in range(2)))
        self.down = _downsampling_conv(width, deep)
        self.deep_join = nn.Conv2d(2 * deep, deep, 3, padding=1)
        self.deep = nn.Sequential(*(ResidualBlock(deep) for _ in range(config.deep_blocks)))
        self.up = nn.Sequential(nn.Conv2d(deep, 4 * width, 1), nn.PixelShuffle(2))
        self.after = nn.Sequential(*(ResidualBlock(width) for _ in range(config.blocks - 2)))
        corrections = 1 + config.colour_lines + bool(input_config.gray_weights)
        self.predict = nn.Conv2d(width, unfolded + corrections, 3, padding=1)
        # Untrained, it gives the picture of the first ratio.
        nn.init.zeros_(self.predict.weight)
        nn.init.zeros_(torch.as_tensor(self.predict.bias))

    def forward(
        self,
        blur: Tensor,
        exposure: Tensor,
        moments: Tensor,
        warped: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Deblur each picture at several moments of its exposure.

        Args:
            blur: (B, 3, h, w) in [0, 1].
            exposure: maps of the exposure, (B, E, h / 4, w / 4).
            moments: maps of F moments, (B, F, M, h / 4, w / 4).
            warped: pictures of K other moments, warped to each, in levels, uint8
                (B, F, h / 4, w / 4, 64 K), and the optical flow that leads there,
                (B, F, 2 K, h / 4, w / 4); where the network takes them.

        Returns:
            (B, F, 3, h, w), not clipped.
        """
        count = moments.shape[1]
        features = [part.repeat_interleave(count, 0) for part in self.encode(blur, exposure)]
        flat = None if warped is None else (warped[0].flatten(0, 1), warped[1].flatten(0, 1))
        repeated = blur.repeat_interleave(count, 0)
        sharp = self.refine(repeated, features, moments.flatten(0, 1), flat)
        return sharp.reshape(-1, count, *sharp.shape[1:])

    @property
    def receptive_radius(self) -> int:
        """Radius of the receptive field in pixels: what lies farther away does not matter."""
        config = self.config
        # 3 x 3 convolutions on the way, by the grid they are on; a halving sees 2 of the finer.
        before = 2 * config.picture_blocks + 1 + 2 * 2 + 1 + 2
        after = 2 * (config.blocks - 2) + 1
        deep = 3 + 2 * config.deep_blocks
        lines = WINDOW_CELLS + 1 if config.colour_lines else 0
        return GRID_PIXELS * (before + after + lines + 3) + 2 * GRID_PIXELS * deep

    def encode(self, blur: Tensor, exposure_maps: Tensor) -> tuple[Tensor, ...]:
        """Encode picture and exposure for all moments.

        Features are a quarter and an eighth as fine; colour lines follow where the network has any.
        """
        unfolded = functional.pixel_unshuffle(4 * (blur - 0.4), GRID_PIXELS)
        ratios, total = exposure_maps[:, :-1], exposure_maps[:, -1:]
        fine = self.picture(torch.cat([unfolded, 4 * ratios, total - 3], dim=1))
        features = fine, self.deep_picture(fine)
        return (*features, fit_colour_lines(blur)) if self.config.colour_lines else features

    def refine(
        self,
        blur: Tensor,
        encoded_exposure: Sequence[Tensor],
        moment_maps: Tensor,
        warped: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Sharp pictures (B, 3, h, w) of one moment from what `encode` gave."""
        fine_exposure, deep_exposure, *rest = encoded_exposure
        lines = rest[0] if rest else None
        maps = 4 * moment_maps
        if self.config.sdm_change:
            change = 8 * (picture_of_ratio(blur, moment_maps[:, -1:], lines) - blur)
            maps = torch.cat([functional.pixel_unshuffle(change, GRID_PIXELS), maps], dim=1)
        fine = self.moment(maps)
        if self.config.flow_warp:
            assert warped is not None
            fine = fine + self._encode_warped(*warped)
        fine = torch.cat([functional.relu(fine, inplace=True), fine_exposure], dim=1)
        fine = self.before(self.join(fine))
        deep = self.deep_join(torch.cat([self.down(fine), deep_exposure], dim=1))
        fine = self.after(fine + self.up(self.deep(deep)))
        predictions = self.predict(fine).float()
        corrections = predictions.shape[1] - 3 * GRID_PIXELS**2
        ratio, detail = predictions[:, :1], predictions[:, corrections:]
        trust = 4 * predictions[:, 1:2] if lines is not None else None
        share = None
        if self.input_config.gray_weights:
            share = torch.sigmoid(4 * predictions[:, corrections - 1 : corrections] - _SHARE_LOGIT)
        log_ratio = moment_maps[:, -1:] + 0.25 * ratio
        corrected = picture_of_ratio(blur, log_ratio, lines, trust, share)
        return corrected + 0.125 * functional.pixel_shuffle(detail, GRID_PIXELS)

    def _encode_warped(self, levels: Tensor, flows: Tensor) -> Tensor:
        """Encode warped pictures in levels (B, H, W, N) and their optical flow to features.

        The first layer sees 4 x / 255 - 1.6 of a level x and a fifth of the flow. Levels are many,
        and exact in bfloat16: they enter as they are, and its weights and bias do the rest.
        """
        first, rest = self.warped[0], self.warped[1:]
        assert isinstance(first, nn.Conv2d)
        assert first.bias is not None
        count = levels.shape[3]
        level_weight, flow_weight = first.weight[:, :count], first.weight[:, count:]
        dtype, device = first.weight.dtype, levels.device.type
        if torch.is_autocast_enabled(device):
            dtype = torch.get_autocast_dtype(device)
        scale, mean = 4 / 255, 1.6
        bias = first.bias - mean * level_weight.sum((1, 2, 3))
        encoded = functional.conv2d(
            levels.to(dtype).permute(0, 3, 1, 2), scale * level_weight, bias
        )
        features: Tensor = rest(encoded + functional.conv2d(0.2 * flows, flow_weight))
        return features


def picture_of_ratio(
    blur: Tensor,
    log_ratio: Tensor,
    lines: Tensor | None = None,
    trust: Tensor | None = None,
    coarse_share: Tensor | None = None,
) -> Tensor:
    """Blurry picture times a ratio of firing rates, as SDM (Eq. 8) has it, in [0, 1].

    Args:
        blur: (B, 3, h, w).
        log_ratio: logarithm of the ratio, (B, 1, H, W).
        lines, trust: colour lines, by which colours follow the gray instead (`colour_by_lines`).
        coarse_share: share of the gray as coarse as the spikes, (B, 1, H, W): the blurry gray is
            averaged to their grid before it is multiplied, so that none of its detail is left.
    """
    size = blur.shape[2:]
    coarse_ratio = log_ratio.float().clamp(-_MAX_LOG_RATIO, _MAX_LOG_RATIO).exp()
    ratio = _upsample_bicubic(coarse_ratio, size)
    if coarse_share is not None:
        gray = gray_of(blur)
        coarse = _upsample_bicubic(functional.avg_pool2d(gray, GRID_PIXELS) * coarse_ratio, size)
        share = functional.interpolate(coarse_share, size=size, mode="bilinear")
        ratio = ratio + share * (coarse / gray.clamp(min=_MIN_GRAY) - ratio)
    picture = blur * ratio if lines is None else colour_by_lines(blur, ratio, lines, trust)
    return picture.clamp(0, 1)


def _upsample_bicubic(maps: Tensor, size: Sequence[int]) -> Tensor:
    return functional.interpolate(maps, size=tuple(size), mode="bicubic", align_corners=False)


def _downsampling_conv(in_channels: int, out_channels: int) -> nn.Conv2d:
    """Make a convolution of stride 2, to half the resolution."""
    return nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1)
