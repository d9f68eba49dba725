"""SDM, the spike-guided deblurring model (SpikeReveal, Eq. 8), without any network.

    L(t) = B * (N' / T') / (N / T)

with B the blurry picture, N spikes in the T frames of its exposure, N' spikes in a short window of
T' frames around t. The threshold of the sensor cancels out.

Three things stand between the formula and a picture, and are settled here as our choice:

- Both counts are taken to the fraction of a spike (`spikecam.reconstruction.charge`): in a short
  window a whole spike more or less is most of the noise.
- Where N is zero the formula divides by it, and where it is tiny the ratio is a draw of lots. The
  rate is therefore estimated under a Gamma prior around the pixel's own long-exposure rate, as
  strong as ``prior`` thresholds:

      L(t) = B * (N' + prior) / (N T' / T + prior)

  A pixel that saw nothing keeps the blurry picture's own value instead of turning black, one that
  saw much follows the formula.
- The ratio, which lives on the spike grid, is brought to the picture's by bicubic interpolation,
  both grids covering the same view.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from spikecam.reconstruction.charge import charge
from spikecam.stream import Span, SpikeStream

Picture = npt.NDArray[np.float32]


def sdm(
    blur: Picture,
    stream: SpikeStream,
    frames: Sequence[int],
    exposure: Span,
    *,
    window: int = 21,
    prior: float = 0.3,
) -> Iterator[Picture]:
    """Deblur ``frames`` by SDM.

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3) in [0, 1].
        stream: spikes of the same view.
        frames: frame numbers.
        exposure: frames (start, stop) during which the picture was exposed.
        window: odd number of frames, T'.
        prior: strength of the prior in thresholds.

    Returns:
        Iterator over sharp pictures like ``blur``, float32; above white is clipped to 1.

    Raises:
        RangeError: a window leaves the recording.
    """
    spans = [stream.window(frame, window) for frame in frames]
    return _run(blur, stream, spans, exposure, prior)


def _run(
    blur: Picture, stream: SpikeStream, spans: list[Span], exposure: Span, prior: float
) -> Iterator[Picture]:
    rate = charge(stream, *exposure) / (exposure[1] - exposure[0])
    for start, stop in spans:
        expected = rate * (stop - start)
        ratio = (charge(stream, start, stop) + prior) / (expected + prior)
        full = np.asarray(
            Image.fromarray(ratio).resize(blur.shape[1::-1], Image.Resampling.BICUBIC)
        )
        sharp = blur * (full if blur.ndim == 2 else full[:, :, None])
        yield np.clip(sharp, 0, 1, out=sharp)
