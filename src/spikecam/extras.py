"""Optional packages: whether they are installed, and what to type where they are not."""

from __future__ import annotations

import importlib.util
from importlib import metadata

from spikecam.errors import SpikecamError


def require_packages(*modules: str, extra: str, purpose: str) -> None:
    """Refuse work that needs a package which is not installed. Nothing is imported.

    Args:
        modules: names to import of the packages.
        extra: the extra of spikecam that they belong to.
        purpose: what needs them, for the message: "HDF5 files".

    Raises:
        SpikecamError: one is not installed; the message holds the command that installs it.
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise missing_package_error(module, extra=extra, purpose=purpose)


def missing_package_error(module: str, *, extra: str, purpose: str) -> SpikecamError:
    """Make the error to raise where a package is not installed, with the command to install it."""
    packages = _requirements_of_extra(extra) or [module]
    names = " ".join(f'"{package}"' for package in packages)
    return SpikecamError(f"{module} is not installed; for {purpose} run: pip install {names}")


def _requirements_of_extra(extra: str) -> list[str]:
    """Requirements of an extra as pip takes them: ``h5py>=3.10``."""
    try:
        requirements = metadata.requires("spikecam") or []
    except metadata.PackageNotFoundError:  # run from a folder of sources
        return []
    split = [requirement.partition(";") for requirement in requirements]
    marker = f"extra == '{extra}'"
    return [name.strip() for name, _, marks in split if marker in marks.replace('"', "'")]
