"""RSB: real blurry pictures and recordings (SpikeReveal, section 4).

It has ``spike_data/SCENE/*.dat`` with ``blur_data/SCENE/*.jpg``, exposed during all 400 frames.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy.typing as npt

from spikecam.data.pairs import (
    Pair,
    check_picture_scale,
    find_recording_paths,
    select_complete_pairs,
)
from spikecam.io.formats.dat import write_dat
from spikecam.io.paths import PathLike
from spikecam.io.pictures import write_picture
from spikecam.stream import SpikeStream


def read_rsb(
    folder: PathLike, *, incomplete: str = "refuse", say: Callable[[str], None] | None = None
) -> list[Pair]:
    """List the pairs of an RSB data set; arguments and errors as for `read_spike_gopro`."""
    root = Path(folder)
    pairs = []
    for spikes in find_recording_paths(root):
        scene, name = spikes.parent.name, spikes.stem
        pairs.append(Pair(scene, name, spikes, None, root / "blur_data" / scene / f"{name}.jpg"))
    return select_complete_pairs(root, pairs, ".jpg", incomplete, say)


def write_rsb_pair(
    folder: PathLike, scene: str, name: str, *, stream: SpikeStream, blur: npt.ArrayLike
) -> None:
    """Write one pair in the layout of RSB; arguments and errors as for `write_spike_gopro_pair`."""
    check_picture_scale(blur, stream)
    root = Path(folder)
    recording = root / "spike_data" / scene / f"{name}.dat"
    recording.unlink(missing_ok=True)
    write_picture(root / "blur_data" / scene / f"{name}.jpg", blur)
    write_dat(recording, stream, sidecar=False)
