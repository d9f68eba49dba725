"""Metrics that have learned: NIQE, BRISQUE and LPIPS, which work offline; LIQE of pyiqa.

NIQE and BRISQUE read their parameters out of installed packages (`natural_models`), LPIPS files of
the user's; pyiqa, which has LPIPS, too, downloads weights. Nothing is imported, read or fetched
before one of them is asked for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError, OptionError, SpikecamError
from spikecam.extras import missing_package_error
from spikecam.io.paths import PathLike
from spikecam.metrics.full_reference import (
    check_and_convert_pair_to_floats,
    check_and_convert_to_floats,
)
from spikecam.picture import as_colour

# By our names: pyiqa's name.
_PYIQA_METRICS = {"lpips": "lpips-vgg", "liqe": "liqe"}
# Smallest side of a picture that VGG-16 halves four times, in pixels.
_LPIPS_MIN_SIDE = 16
# Gray of colours as MATLAB's rgb2gray, on which NIQE and BRISQUE were trained.
_MATLAB_GRAY = np.array([0.2989, 0.5870, 0.1140])


def lpips(
    picture: npt.ArrayLike,
    truth: npt.ArrayLike,
    *,
    data_range: float,
    weights: Sequence[PathLike] = (),
) -> float:
    """LPIPS: distance by the features of VGG-16 (Zhang et al. 2018); lower is better.

    Args:
        picture, truth: (H, W) or (H, W, 3), in [0, data_range].
        data_range: from the smallest to the largest value that there can be.
        weights: files that together hold VGG-16 and the layers of LPIPS, read as data: a checkpoint
            of ``lpips.LPIPS(net="vgg")``, or torchvision's VGG-16 and the file ``vgg.pth`` of the
            package lpips. Without them pyiqa, which needs torchvision, downloads them.

    Raises:
        SpikecamError: without files, pyiqa is not installed or cannot be loaded.
        FileError: weights cannot be loaded.
        OptionError: pictures of fewer than 16 pixels a side with files, or as `psnr`.
    """
    pair = check_and_convert_pair_to_floats(picture, truth, data_range)
    if not weights:
        return _evaluate("lpips", *pair, data_range=data_range)
    height, width = pair[0].shape[:2]
    if min(height, width) < _LPIPS_MIN_SIDE:
        raise OptionError(
            f"LPIPS needs pictures of at least {_LPIPS_MIN_SIDE} pixels a side, not "
            f"{width}x{height}"
        )
    import torch

    network = _load_lpips(tuple(os.fspath(file) for file in weights))
    with torch.inference_mode():
        return float(network(*_to_colour_tensors(pair, data_range)))


def niqe(picture: npt.ArrayLike, *, data_range: float) -> float:
    """NIQE: distance to the statistics of natural pictures (Mittal et al. 2013); lower is better.

    Computed of the gray picture in levels of 8 bits, on blocks of 96 x 96 pixels from its upper
    left; within 1 % of the authors' MATLAB release.

    Args:
        picture: (H, W) or (H, W, 3), in [0, data_range].
        data_range: from the smallest to the largest value that there can be.

    Raises:
        SpikecamError: the package with its parameters is not installed.
        OptionError: a picture of one value, which has no statistics; one of fewer than two
            blocks; or as `psnr`.
    """
    from spikecam.metrics.natural_models import load_niqe_model
    from spikecam.metrics.natural_statistics import NIQE_BLOCK, niqe_of_levels

    levels = _gray_levels("NIQE", picture, data_range)
    height, width = levels.shape
    if (height // NIQE_BLOCK) * (width // NIQE_BLOCK) < 2:
        raise OptionError(
            f"NIQE needs two blocks of {NIQE_BLOCK}x{NIQE_BLOCK} pixels, and the picture has "
            f"{width}x{height}; leave it out, or take a larger one"
        )
    return _check_value("NIQE", niqe_of_levels(levels, load_niqe_model()))


def brisque(picture: npt.ArrayLike, *, data_range: float) -> float:
    """BRISQUE: quality without reference, about 0 to 100 (Mittal et al. 2012); lower is better.

    Computed of the gray picture in levels of 8 bits; very good pictures may be below 0.

    Args and errors as `niqe`; pictures have at least 14 pixels a side.
    """
    from spikecam.metrics.natural_models import load_brisque_model
    from spikecam.metrics.natural_statistics import BRISQUE_MIN_SIDE, brisque_of_levels

    levels = _gray_levels("BRISQUE", picture, data_range)
    if min(levels.shape) < BRISQUE_MIN_SIDE:
        raise OptionError(
            f"BRISQUE needs pictures of at least {BRISQUE_MIN_SIDE} pixels a side, not "
            f"{levels.shape[1]}x{levels.shape[0]}"
        )
    return _check_value("BRISQUE", brisque_of_levels(levels, load_brisque_model()))


def liqe(picture: npt.ArrayLike, *, data_range: float) -> float:
    """LIQE: quality without reference, 1 to 5 (Zhang et al. 2023); higher is better.

    Errors as `lpips`.
    """
    return _evaluate(
        "liqe", check_and_convert_to_floats(picture, data_range), data_range=data_range
    )


def _evaluate(name: str, *pictures: Any, data_range: float) -> float:
    metric = _load_pyiqa_metric(name)
    import torch

    tensors = _to_colour_tensors(pictures, data_range)
    try:
        with torch.inference_mode():
            value = float(metric(*tensors))
    except (AssertionError, RuntimeError, ValueError) as error:
        height, width = pictures[0].shape[:2]
        raise OptionError(
            f"{name.upper()} cannot be computed on a picture of {width}x{height} "
            f"({_first_line(error)}); leave it out, or take a larger one"
        ) from error
    return _check_value(name.upper(), value)


def _to_colour_tensors(pictures: Sequence[Any], data_range: float) -> list[Any]:
    """Convert pictures to tensors (1, 3, H, W) in [0, 1]."""
    import torch

    tensors = []
    for picture in pictures:
        values = np.asarray(picture / data_range, np.float32)
        tensors.append(torch.from_numpy(as_colour(values).transpose(2, 0, 1)[None].copy()))
    return tensors


@cache
def _load_lpips(files: tuple[str, ...]) -> Any:
    from spikecam.metrics.lpips_network import LPIPS

    return LPIPS.from_files(*files)


def _gray_levels(metric: str, picture: npt.ArrayLike, data_range: float) -> npt.NDArray[np.float64]:
    """Gray levels 0, 1, ..., 255 of a picture.

    Raises:
        OptionError: the picture has one value, or as `psnr`.
    """
    floats = np.asarray(check_and_convert_to_floats(picture, data_range), np.float64)
    levels = floats * (255 / data_range)
    if levels.ndim == 3:
        levels = np.rint(levels) @ _MATLAB_GRAY
    levels = np.rint(levels)
    if levels.min() == levels.max():
        raise OptionError(f"{metric} has no meaning on a picture of one value; leave it out")
    return levels


def _check_value(metric: str, value: float) -> float:
    if not np.isfinite(value):
        raise OptionError(f"{metric} has no value on this picture; leave it out")
    return value


@cache
def _load_pyiqa_metric(name: str) -> Any:
    """Load a metric of pyiqa with its weights."""
    try:
        import pyiqa
    except ModuleNotFoundError as error:
        raise _missing_package(name, error) from error
    except Exception as error:
        # An incompatible build of a package that it needs raises errors of any type.
        raise SpikecamError(
            f"{name.upper()} needs pyiqa, which cannot be loaded here ({_first_line(error)}); "
            "install a torchvision that was built for this torch"
        ) from error
    try:
        # Its messages about downloads are no result: they go to stderr.
        with redirect_stdout(sys.stderr):
            return pyiqa.create_metric(_PYIQA_METRICS[name], device="cpu")
    except ModuleNotFoundError as error:
        raise _missing_package(name, error) from error
    except Exception as error:
        # No network, a full disk, a host that is gone.
        from torch.hub import get_dir

        raise FileError(
            f"the weights of {name.upper()} do not load ({_first_line(error)}); pyiqa downloads "
            f"them on first use into {get_dir()}/pyiqa: connect once, or copy them there"
        ) from error


def _missing_package(name: str, error: ModuleNotFoundError) -> SpikecamError:
    return missing_package_error(str(error.name), extra="quality", purpose=name.upper())


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
