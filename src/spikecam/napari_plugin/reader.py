"""Reader of recordings for napari, and the sample."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from spikecam import sample
from spikecam.io.recording import open as open_recording
from spikecam.io.recording_format import is_recording
from spikecam.napari_plugin.layers import LayerData, recording_layers

PathOrPaths = str | os.PathLike[str] | list[str | os.PathLike[str]]


def get_reader(path: PathOrPaths) -> Callable[[PathOrPaths], list[LayerData]] | None:
    """Get the reader of one path or several. None where one has not the ending of a recording."""
    return read_layers if all(map(is_recording, _paths(path))) else None


def read_layers(path: PathOrPaths) -> list[LayerData]:
    """Read recordings as layers, two each; see `recording_layers`.

    Raises:
        FileError: damaged, or no recording.
        GeometryError: a ``.dat`` that does not say its size.
    """
    layers = []
    for one in _paths(path):
        layers += recording_layers(open_recording(one), one.name)
    return layers


def read_sample() -> list[LayerData]:
    """Read the sample that ships with spikecam."""
    return recording_layers(open_recording(sample.SPIKES), "bus")


def _paths(path: PathOrPaths) -> list[Path]:
    return list(map(Path, path if isinstance(path, list) else [path]))
