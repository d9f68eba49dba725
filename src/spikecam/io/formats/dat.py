"""``.dat``: packed frames one after another, no header, bottom row first (see `spikecam.bits`).

Where H x W is no multiple of 8 the field's writers disagree or fail; here every frame is padded
with zero bits to whole bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

from spikecam.errors import GeometryError
from spikecam.io.atomic import atomic_path
from spikecam.io.byte_source import open_byte_source
from spikecam.io.geometry import Geometry, known_camera_sizes, write_sidecar
from spikecam.io.recording_format import RecordingFormat
from spikecam.io.remote_address import RecordingPath
from spikecam.io.stored_frames import StoredFrames, pack_without_padding
from spikecam.stream import Progress, Span, SpikeStream


def open_dat(
    path: RecordingPath, geometry: Geometry | None = None, truncate: bool = False
) -> SpikeStream:
    """Open a ``.dat`` recording; nothing is read yet.

    Args:
        path: the file.
        geometry: the size of its frames.
        truncate: accept a file that was cut short: leave out a frame that is not whole, and an
            exposure that is not in it.

    Raises:
        GeometryError: it is not a whole number of frames, or its exposure is not in it.
    """
    assert geometry is not None
    source = open_byte_source(path)
    size = source.size
    frames, rest = divmod(size, geometry.frame_bytes)
    if rest and not (truncate and frames):
        fits = known_camera_sizes(size)
        known = f"known sizes that fit: {'; '.join(fits)}" if fits else "no known size fits it"
        raise GeometryError(
            f"{path} holds {frames} whole frames of {geometry.width}x{geometry.height} and "
            f"{rest} bytes more; {known}; give the right size"
            + (", or --truncate to leave out the broken frame" if frames else ", or get it again")
        )
    exposure = geometry.exposure
    if exposure is not None and exposure[1] > frames:
        if not truncate:
            raise GeometryError(
                f"{path} is shorter than its sidecar file says: it has {frames} frames, and the "
                f"exposure is {exposure[0]}:{exposure[1]}; get it again, or --truncate to open it "
                "without the exposure"
            )
        exposure = None
    return SpikeStream(
        StoredFrames(source, frames, geometry.frame_bytes),
        (geometry.height, geometry.width),
        rate=geometry.rate,
        row_width=geometry.row_width,
        exposure=exposure,
    )


def write_dat(
    path: Path,
    stream: SpikeStream,
    *,
    layout: str | None = None,
    progress: Progress[Span] = iter,
    sidecar: bool = True,
) -> None:
    """Write ``stream`` as ``.dat``, with its geometry and rate in the sidecar file.

    Data sets go without the sidecar file: their other readers take every file for a recording.
    """
    path = Path(os.path.realpath(path))
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for span in progress(stream.block_spans()):
            file.write(pack_without_padding(stream, *span).data)
    if sidecar:
        write_sidecar(
            path, Geometry(stream.height, stream.width, rate=stream.rate, exposure=stream.exposure)
        )


FORMAT = RecordingFormat(
    name="packed frames",
    suffixes=(".dat", ".bin", ".raw"),
    read=open_dat,
    write=write_dat,
    needs_geometry=True,
    reads_addresses=True,
)
