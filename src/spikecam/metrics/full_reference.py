"""Full-reference metrics: PSNR, SSIM, MS-SSIM and colour error against the truth.

Every function takes the range of the data from the caller and guesses none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.picture import as_colour

# Side of SSIM's window, and the smallest side that MS-SSIM can halve four times and still fit its
# window of 11, in pixels.
_SSIM_WINDOW, _MS_SSIM_MIN_SIDE = 7, 176


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

    picture_floats, truth_floats = check_and_convert_pair_to_floats(picture, truth, data_range)
    with np.errstate(divide="ignore"):
        return float(peak_signal_noise_ratio(truth_floats, picture_floats, data_range=data_range))  # type: ignore[no-untyped-call]


def ssim(picture: npt.ArrayLike, truth: npt.ArrayLike, *, data_range: float) -> float:
    """Structural similarity (Wang et al. 2004), the mean over pixels and colours.

    As in scikit-image: means, variances and covariance over windows of 7 x 7 pixels of equal
    weight (in the paper: Gaussian ones of 11 x 11), on [0, data_range]. Where a picture is
    constant, nothing but its brightness counts; two that are constant and equal give 1.

    Args and errors as `psnr`; and OptionError for pictures of fewer than 7 pixels a side.
    """
    picture_floats, truth_floats = check_and_convert_pair_to_floats(picture, truth, data_range)
    return _ssim(picture_floats, truth_floats, data_range)


def ssim_s_sdm(picture: npt.ArrayLike, truth: npt.ArrayLike, *, data_range: float) -> float:
    """Structural similarity as the authors of S-SDM compute it: on pictures mapped to [-1, 1].

    The same windows, on pictures mapped to [-1, 1]. The terms of brightness then compare means
    that have a sign, so that its values differ from those on [0, 1].
    """
    picture_floats, truth_floats = check_and_convert_pair_to_floats(picture, truth, data_range)
    return _ssim(2 * picture_floats / data_range - 1, 2 * truth_floats / data_range - 1, 2)


def ms_ssim(picture: npt.ArrayLike, truth: npt.ArrayLike, *, data_range: float) -> float:
    """Multi-scale structural similarity (Wang et al. 2003), on 5 scales.

    As in torchmetrics: Gaussian windows of 11 x 11 pixels, sigma 1.5; contrast that is reversed
    counts as 0.

    Args and errors as `psnr`; and OptionError for pictures of fewer than 176 pixels a side.
    """
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    picture_floats, truth_floats = check_and_convert_pair_to_floats(picture, truth, data_range)
    _check_side("MS-SSIM", picture_floats, _MS_SSIM_MIN_SIDE)
    picture_tensor, truth_tensor = (
        torch.from_numpy(np.atleast_3d(plane).transpose(2, 0, 1)[None])
        for plane in (picture_floats, truth_floats)
    )
    value = multiscale_structural_similarity_index_measure(
        picture_tensor, truth_tensor, data_range=data_range
    )
    return float(value)


def colour_error(picture: npt.ArrayLike, truth: npt.ArrayLike, *, data_range: float) -> float:
    """Mean difference of colours as people see them, CIEDE2000, over all pixels.

    0 is the same colour, 1 about the least difference that is seen, and 100 that of black and
    white. Values are taken as sRGB, as screens show them; gray pictures as gray colours.

    Args and errors as `psnr`.

    >>> colour_error(np.zeros((2, 2, 3)), np.ones((2, 2, 3)), data_range=1)
    100.0
    """
    from skimage.color import deltaE_ciede2000, rgb2lab

    colours = []
    for floats in check_and_convert_pair_to_floats(picture, truth, data_range):
        scaled = floats / data_range
        colours.append(rgb2lab(as_colour(scaled)))
    error = deltaE_ciede2000(*colours)  # type: ignore[no-untyped-call]
    return round(float(error.mean()), 6)


def check_and_convert_to_floats(
    picture: npt.ArrayLike, data_range: float, argument_name: str = "the picture"
) -> Any:
    """Check the shape and range of a picture, and convert it to floats.

    Values stay as they are.

    Raises:
        OptionError: no picture, not finite, or values that are not in [0, data_range].
    """
    if not 0 < data_range < float("inf"):
        raise OptionError(f"a data range is a number above 0, not {data_range}")
    array = np.asarray(picture)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or not array.size:
        raise OptionError(
            f"{argument_name} is an array (height, width) or (height, width, 3), not {array.shape}"
        )
    if array.dtype.kind not in "fu":
        raise OptionError(f"{argument_name} holds floats or unsigned integers, not {array.dtype}")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= data_range):
        raise OptionError(
            f"{argument_name} runs from {low:.4g} to {high:.4g}, and the data range given is [0, "
            f"{data_range:g}]; scale the picture, or give the range that it has"
        )
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32, copy=False)


def check_and_convert_pair_to_floats(
    picture: npt.ArrayLike, truth: npt.ArrayLike, data_range: float
) -> list[Any]:
    """Convert a picture and its truth to floats of one type, and check that shapes agree."""
    pair = [
        check_and_convert_to_floats(picture, data_range),
        check_and_convert_to_floats(truth, data_range, "the truth"),
    ]
    if pair[0].shape != pair[1].shape:
        shapes = [
            f"{plane.shape[1]}x{plane.shape[0]}{' in colour' if plane.ndim == 3 else ' in gray'}"
            for plane in pair
        ]
        raise OptionError(
            f"the picture is {shapes[0]} and the truth {shapes[1]}; crop, resize or convert one"
        )
    dtype = np.result_type(*pair)
    return [plane.astype(dtype, copy=False) for plane in pair]


def _ssim(picture_floats: Any, truth_floats: Any, data_range: float) -> float:
    from skimage.metrics import structural_similarity

    _check_side("SSIM", picture_floats, _SSIM_WINDOW)
    value = structural_similarity(  # type: ignore[no-untyped-call]
        picture_floats,
        truth_floats,
        win_size=_SSIM_WINDOW,
        data_range=data_range,
        channel_axis=2 if picture_floats.ndim == 3 else None,
    )
    return float(value)


def _check_side(metric: str, picture: Any, min_side: int) -> None:
    height, width = picture.shape[:2]
    if min(height, width) < min_side:
        raise OptionError(
            f"{metric} needs pictures of at least {min_side} pixels a side, not {width}x{height}"
        )
