"""SDM, the spike-guided deblurring model (SpikeReveal, Eq. 8), without any network.

    L(t) = B * (N' / T') / (N / T)

with B the blurry picture, N spikes in the T frames of its exposure, N' spikes in a short window of
T' frames around t. The threshold of the sensor cancels out.

Four things stand between the formula and a picture, and are settled here as our choice:

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
- The ratio, which lives on the spike grid, is brought to the picture's by bicubic interpolation,
  both grids covering the same view.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from spikecam.camera.fixed_pattern import FixedPattern
from spikecam.picture import Picture
from spikecam.reconstruction.charge import charge
from spikecam.stream import Span, SpikeStream

# The best of 13 to 25 frames and of priors from 0.05 to 0.5 on panned photographs, all thresholds
# together (tools/tune_sdm.py); the best are close, and the stronger prior is safer in the dark.
WINDOW, PRIOR = 17, 0.2


def sdm(
    blur: Picture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    *,
    window: int = WINDOW,
    prior: float = PRIOR,
    fpn: FixedPattern | None = None,
) -> Iterator[Picture]:
    """Deblur ``frames`` by SDM.

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3) in [0, 1].
        stream: spikes of the same view.
        frames: frame numbers.
        exposure: frames (start, stop) during which the picture was exposed.
        window: odd number of frames, T'.
        prior: strength of the prior in thresholds.
        fpn: the spike camera's fixed pattern, corrected spike by spike.

    Returns:
        Iterator over sharp pictures like ``blur``, float32; above white is clipped to 1.

    Raises:
        RangeError: a window leaves the recording.
    """
    spans = [stream.window(frame, window) for frame in frames]
    if fpn is not None:
        fpn.check_shape(stream.shape[1:])
    return _run(blur, stream, spans, exposure, prior, fpn)


def _run(
    blur: Picture,
    stream: SpikeStream,
    spans: list[Span],
    exposure: Span,
    prior: float,
    fpn: FixedPattern | None,
) -> Iterator[Picture]:
    rate = charge(stream, *exposure, fpn=fpn) / (exposure[1] - exposure[0])
    for start, stop in spans:
        expected = rate * (stop - start) + prior
        seen = charge(stream, start, stop, fpn=fpn)
        ratio = np.asarray((seen + prior) / expected, np.float32)
        if fpn is not None:
            fpn.fill(ratio)
        ratio = np.minimum(ratio, np.maximum(_second_neighbour(ratio), ratio - 1 / expected))
        resized = Image.fromarray(ratio).resize(blur.shape[1::-1], Image.Resampling.BICUBIC)
        full = np.asarray(resized)
        sharp = blur * (full if blur.ndim == 2 else full[:, :, None])
        yield np.clip(sharp, 0, 1, out=sharp)


def _second_neighbour(ratio: Picture) -> Picture:
    """The second highest of every pixel's eight neighbours."""
    height, width = ratio.shape
    around = np.pad(ratio, 1, mode="edge")
    places = [(y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)]
    neighbours = np.stack([around[y : y + height, x : x + width] for y, x in places])
    second: Picture = np.partition(neighbours, -2, axis=0)[-2]
    return second
