"""How far a picture is from the truth: PSNR, SSIM and MS-SSIM.

Every function takes the range of the data from the caller and guesses none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError

# Pixels of the window of SSIM, and what MS-SSIM needs to halve a picture four times and still fit
# its window of 11.
_WINDOW, _LEAST = 7, 176


def psnr(picture: npt.ArrayLike, truth: npt.ArrayLike, *, data_range: float) -> float:
    """Peak signal-to-noise ratio in dB, 10 log10(data_range^2 / mean squared error).

    Args:
        picture, truth: (H, W) or (H, W, 3), in [0, data_range].
        data_range: from the smallest to the largest value that there can be.

    Returns:
        dB over all pixels and colours; infinity where both are the same.

    Raises:
        OptionError: pictures of other shapes, or values that are not in the range.
    """
    from skimage.metrics import peak_signal_noise_ratio

    seen, true = checked_pair(picture, truth, data_range)
    with np.errstate(divide="ignore"):
        return float(peak_signal_noise_ratio(true, seen, data_range=data_range))  # type: ignore[no-untyped-call]


def ssim(picture: npt.ArrayLike, truth: npt.ArrayLike, *, data_range: float) -> float:
    """Structural similarity (Wang et al. 2004), the mean over pixels and colours.

    As in scikit-image: means, variances and covariance over windows of 7 x 7 pixels of equal
    weight (in the paper: Gaussian ones of 11 x 11), on [0, data_range]. Where a picture is
    constant, nothing but its brightness counts; two that are constant and equal give 1.

    Args and errors as `psnr`; and OptionError for pictures of fewer than 7 pixels a side.
    """
    seen, true = checked_pair(picture, truth, data_range)
    return _ssim(seen, true, data_range)


def ssim_s_sdm(picture: npt.ArrayLike, truth: npt.ArrayLike, *, data_range: float) -> float:
    """`ssim` as the authors of SpikeReveal computed it for their tables: on [-1, 1].

    The same windows, on pictures mapped to [-1, 1]. The terms of brightness then compare means
    that have a sign, so that its values differ from those on [0, 1].
    """
    seen, true = checked_pair(picture, truth, data_range)
    return _ssim(2 * seen / data_range - 1, 2 * true / data_range - 1, 2)


def ms_ssim(picture: npt.ArrayLike, truth: npt.ArrayLike, *, data_range: float) -> float:
    """Multi-scale structural similarity (Wang et al. 2003), on 5 scales.

    As in torchmetrics: Gaussian windows of 11 x 11 pixels, sigma 1.5; contrast that is reversed
    counts as 0.

    Args and errors as `psnr`; and OptionError for pictures of fewer than 176 pixels a side.
    """
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    seen, true = checked_pair(picture, truth, data_range)
    _check_side("MS-SSIM", seen, _LEAST)
    ours, theirs = (
        torch.from_numpy(np.atleast_3d(one).transpose(2, 0, 1)[None]) for one in (seen, true)
    )
    value = multiscale_structural_similarity_index_measure(ours, theirs, data_range=data_range)
    return float(value)


def checked(picture: npt.ArrayLike, data_range: float, name: str = "the picture") -> Any:
    """A picture as floats.

    Raises:
        OptionError: no picture, not finite, or values that are not in [0, data_range].
    """
    if not 0 < data_range < float("inf"):
        raise OptionError(f"a data range is a number above 0, not {data_range}")
    array = np.asarray(picture)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or not array.size:
        raise OptionError(
            f"{name} is an array (height, width) or (height, width, 3), not {array.shape}"
        )
    if array.dtype.kind not in "fu":
        raise OptionError(f"{name} holds floats or unsigned integers, not {array.dtype}")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= data_range):
        raise OptionError(
            f"{name} runs from {low:.4g} to {high:.4g}, and the data range given is [0, "
            f"{data_range:g}]; scale the picture, or give the range that it has"
        )
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32, copy=False)


def checked_pair(picture: npt.ArrayLike, truth: npt.ArrayLike, data_range: float) -> list[Any]:
    """Both as floats of one type; errors as `checked`, and for shapes that differ."""
    both = [checked(picture, data_range), checked(truth, data_range, "the truth")]
    if both[0].shape != both[1].shape:
        shapes = [
            f"{one.shape[1]}x{one.shape[0]}{' in colour' if one.ndim == 3 else ' in gray'}"
            for one in both
        ]
        raise OptionError(
            f"the picture is {shapes[0]} and the truth {shapes[1]}; crop, resize or convert one"
        )
    kind = np.result_type(*both)
    return [one.astype(kind, copy=False) for one in both]


def _ssim(seen: Any, true: Any, data_range: float) -> float:
    from skimage.metrics import structural_similarity

    _check_side("SSIM", seen, _WINDOW)
    value = structural_similarity(  # type: ignore[no-untyped-call]
        seen,
        true,
        win_size=_WINDOW,
        data_range=data_range,
        channel_axis=2 if seen.ndim == 3 else None,
    )
    return float(value)


def _check_side(metric: str, picture: Any, least: int) -> None:
    height, width = picture.shape[:2]
    if min(height, width) < least:
        raise OptionError(
            f"{metric} needs pictures of at least {least} pixels a side, not {width}x{height}"
        )
