"""State of a fit in a file, from which it goes on after it was stopped."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError, OptionError
from spikecam.io.atomic import atomic_path
from spikecam.views.fitting import Fit

_SETTINGS = "settings"


def save_fit(path: Path, fit: Fit, settings: Mapping[str, Any]) -> None:
    """Write the state of a fit between two steps, and the settings that it belongs to.

    Args:
        path: the file, an .npz; replaced if it exists.
        fit: the fit.
        settings: all that decides about its result, as values of JSON by name.

    Raises:
        OutputError: the file cannot be written.
    """
    text = json.dumps(settings, sort_keys=True)
    arrays: dict[str, Any] = {**fit.state(), _SETTINGS: np.array(text)}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def load_fit(path: Path, fit: Fit, settings: Mapping[str, Any]) -> None:
    """Take a fit to the state in a file.

    Args:
        path: the file.
        fit: a fit of the same observations; it is changed.
        settings: as for `save_fit`.

    Raises:
        FileError: the file is missing, damaged, or no state of a fit.
        OptionError: it belongs to other settings.
    """
    arrays = _read_arrays(path)
    try:
        stored = json.loads(str(arrays.pop(_SETTINGS)))
        changed = [name for name, value in _as_json(settings).items() if stored.get(name) != value]
    except (KeyError, ValueError, AttributeError) as error:
        raise _damaged(path) from error
    if changed:
        raise OptionError(
            f"{path} is of a fit with other settings ({', '.join(sorted(changed))}); repeat its "
            "command to go on, or delete the file to begin again (--overwrite)"
        )
    if arrays.keys() != fit.state().keys():
        raise _damaged(path)
    fit.restore(arrays)


def _read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    # A file of another kind may be an array alone, which is no context manager.
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(path) from error


def _as_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as JSON gives them back, with lists for tuples."""
    return dict(json.loads(json.dumps(settings)))


def _damaged(path: Path) -> FileError:
    return FileError(f"{path} is damaged, and a fit cannot go on from it; delete it to begin again")
