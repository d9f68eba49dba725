"""LPIPS, NIQE, BRISQUE and LIQE of the package pyiqa, which downloads their weights.

Nothing is imported or fetched before one of them is asked for.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError, OptionError, SpikecamError
from spikecam.extras import missing_package_error
from spikecam.metrics.full_reference import (
    check_and_convert_pair_to_floats,
    check_and_convert_to_floats,
)

# By our names: pyiqa's name, and whether the metric is undefined on a picture of one value.
_PYIQA_METRICS = {
    "lpips": ("lpips-vgg", False),
    "niqe": ("niqe", True),
    "brisque": ("brisque", True),
    "liqe": ("liqe", False),
}


def lpips(picture: npt.ArrayLike, truth: npt.ArrayLike, *, data_range: float) -> float:
    """LPIPS: distance by the features of VGG-16 (Zhang et al. 2018); lower is better.

    Args:
        picture, truth: (H, W) or (H, W, 3), in [0, data_range].
        data_range: from the smallest to the largest value that there can be.

    Raises:
        SpikecamError: pyiqa is not installed or cannot be loaded.
        FileError: its weights cannot be loaded.
        OptionError: as `psnr`.
    """
    return _evaluate(
        "lpips",
        *check_and_convert_pair_to_floats(picture, truth, data_range),
        data_range=data_range,
    )


def niqe(picture: npt.ArrayLike, *, data_range: float) -> float:
    """NIQE: distance to the statistics of natural pictures (Mittal et al. 2013); lower is better.

    Not defined on a picture of one value, which has no statistics: an OptionError. Else as `lpips`.
    """
    return _evaluate(
        "niqe", check_and_convert_to_floats(picture, data_range), data_range=data_range
    )


def brisque(picture: npt.ArrayLike, *, data_range: float) -> float:
    """BRISQUE: quality without reference, about 0 to 100 (Mittal et al. 2012); lower is better.

    Not defined on a picture of one value: an OptionError. Else as `lpips`.
    """
    return _evaluate(
        "brisque", check_and_convert_to_floats(picture, data_range), data_range=data_range
    )


def liqe(picture: npt.ArrayLike, *, data_range: float) -> float:
    """LIQE: quality without reference, 1 to 5 (Zhang et al. 2023); higher is better.

    Errors as `lpips`.
    """
    return _evaluate(
        "liqe", check_and_convert_to_floats(picture, data_range), data_range=data_range
    )


def _evaluate(name: str, *pictures: Any, data_range: float) -> float:
    if _PYIQA_METRICS[name][1] and pictures[0].min() == pictures[0].max():
        raise OptionError(f"{name.upper()} has no meaning on a picture of one value; leave it out")
    metric = _load_pyiqa_metric(name)
    import torch

    tensors = []
    for picture in pictures:
        levels = np.asarray(picture / data_range, np.float32)
        colours = levels if levels.ndim == 3 else np.stack([levels] * 3, axis=2)
        tensors.append(torch.from_numpy(colours.transpose(2, 0, 1)[None].copy()))
    try:
        with torch.inference_mode():
            value = float(metric(*tensors))
    except (AssertionError, RuntimeError, ValueError) as error:
        height, width = pictures[0].shape[:2]
        raise OptionError(
            f"{name.upper()} cannot be computed on a picture of {width}x{height} "
            f"({_first_line(error)}); leave it out, or take a larger one"
        ) from error
    if not np.isfinite(value):
        raise OptionError(f"{name.upper()} has no value on this picture; leave it out")
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
            return pyiqa.create_metric(_PYIQA_METRICS[name][0], device="cpu")
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
