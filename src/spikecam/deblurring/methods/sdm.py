"""SDM, the spike-guided deblurring model (SpikeReveal, Eq. 8), without any network.

    L(t) = B * (N' / T') / (N / T)

with B the light of the blurry picture, N spikes in the T frames of its exposure, N' spikes in a
short window of T' frames around t. The threshold of the sensor cancels out.

Five things stand between the formula and a picture, and are settled here as our choice:

- Both counts are taken to the fraction of a spike (`spikecam.reconstruction.charge`): in a short
  window a whole spike more or less is most of the noise.
- Where N is zero the formula divides by it, and where it is tiny the ratio is a draw of lots. The
  rate is therefore estimated under a Gamma prior around the pixel's own long-exposure rate, as
  strong as ``prior`` thresholds:

      L(t) = B * (N' + prior) / (N T' / T + prior)

  A pixel that saw nothing keeps the blurry picture's own value instead of turning black, one that
  saw much follows the formula.
- The sensor fires now and then without light, and in a short window one such spike shows as a
  bright speck. It hits a pixel alone: a ratio above the second highest of its eight neighbours is
  lowered to that, but by no more than one spike.
- Where the picture is clipped to white, its light is that which the spikes saw.
- The ratio, which lives on the spike grid, is brought to the picture's by bicubic interpolation,
  both grids covering the same view.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from PIL import Image

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.rolling_shutter import exposure_rate
from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.reconstruction.charge import iter_span_charges
from spikecam.rows import run_over_rows
from spikecam.stream import Span, SpikeStream

# The best of 13 to 25 frames and of priors from 0.05 to 0.5 on panned photographs, all thresholds
# together (tools/tune_sdm.py); the best are close, and the stronger prior is safer in the dark.
WINDOW, PRIOR = 17, 0.2


@dataclass(frozen=True)
class SdmOptions:
    """Options of SDM.

    Attributes:
        window: odd number of frames that make one picture, T'.
        prior: strength of the prior in thresholds.
        fpn: fixed pattern of the spike camera, corrected spike by spike.
    """

    window: int = WINDOW
    prior: float = PRIOR
    fpn: FixedPattern | None = None

    def __post_init__(self) -> None:
        if not self.prior >= 0:
            raise OptionError(f"a prior is a number of thresholds from 0, not {self.prior}")


def sdm(
    blur: BlurryPicture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    options: SdmOptions,
) -> Iterator[Picture]:
    """Deblur ``frames`` by SDM.

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3).
        stream: spikes of the same view.
        frames: frame indices.
        exposure: frames (start, stop) during which the picture was exposed.
        options: window, prior and fixed pattern.

    Returns:
        Iterator over sharp pictures like ``blur``, float32, encoded as it is; above white they
        exceed 1.

    Raises:
        RangeError: a window leaves the recording.
    """
    spans = [stream.window(frame, options.window) for frame in frames]
    return _run(blur, stream, spans, exposure, options.prior, options.fpn)


def _run(
    blur: BlurryPicture,
    stream: SpikeStream,
    spans: list[Span],
    exposure: Span,
    prior: float,
    fpn: FixedPattern | None,
) -> Iterator[Picture]:
    rate = exposure_rate(stream, exposure, readout=blur.readout, fpn=fpn)
    light = blur.fill_clipped(rate, blur.white_rate(rate)).light
    for (start, stop), short_charge in zip(
        spans, iter_span_charges(stream, spans, fpn=fpn), strict=True
    ):
        expected = rate * np.float32(stop - start) + np.float32(prior)
        ratio = np.asarray((short_charge + prior) / expected, np.float32)
        if fpn is not None:
            fpn.fill_bad_pixels(ratio)
        limited = _clip_outliers(np.pad(ratio, 1, mode="edge"), expected)
        resized = Image.fromarray(limited).resize(light.shape[1::-1], Image.Resampling.BICUBIC)
        sharp = np.empty(light.shape, np.float32)
        planes = (*light.shape[:2], -1)
        run_over_rows(
            _multiply, len(light), light.reshape(planes), np.asarray(resized), sharp.reshape(planes)
        )
        yield blur.encoding.encode(sharp)


METHOD = Method(
    name="sdm",
    summary="blurry picture times short over long firing rate",
    takes=Takes.SPIKES_AND_PICTURE,
    run=sdm,
    options=SdmOptions,
    source="SpikeReveal, NeurIPS 2024, Eq. 8",
    window=lambda options, stream: options.window,
    undoes_rolling_shutter=True,
)


# Compiled: NumPy's partition of eight shifted copies took as long as all the rest of a picture.
@njit(nogil=True, cache=True, error_model="numpy")
def _clip_outliers(padded_ratio: Picture, expected_charge: Picture) -> Picture:
    """Clip pixels of a ratio that exceed their neighbours.

    They are lowered to the second highest neighbour, by no more than a spike.
    """
    height, width = expected_charge.shape
    limited = np.empty_like(expected_charge)
    for y in range(height):
        for x in range(width):
            first = second = np.float32(-np.inf)
            for i in range(9):
                value = padded_ratio[y + i // 3, x + i % 3]
                if i != 4:
                    lower = value if value < first else first
                    second = lower if lower > second else second
                    first = value if value > first else first
            ratio = padded_ratio[y + 1, x + 1]
            without_spike = ratio - np.float32(1) / expected_charge[y, x]
            limit = second if second > without_spike else without_spike
            limited[y, x] = ratio if ratio < limit else limit
    return limited


@njit(nogil=True, cache=True, error_model="numpy")
def _multiply(light, ratio, sharp, first_row, last_row):  # type: ignore[no-untyped-def]
    _, width, colours = light.shape
    for y in range(first_row, last_row):
        for x in range(width):
            for c in range(colours):
                sharp[y, x, c] = max(light[y, x, c] * ratio[y, x], np.float32(0))
