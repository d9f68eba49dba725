"""A recording as a user names it: its path and, where the file does not say it, its geometry."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.io.paths import PathLike
from spikecam.io.recording import open as open_recording
from spikecam.io.remote_address import RemoteAddress
from spikecam.orientation import Crop, Flip, Orientation
from spikecam.stream import SpikeStream


@dataclass(frozen=True)
class RecordingFile:
    """A recording file that is not opened yet: its path and geometry.

    Attributes:
        path: of a .dat, .npz, .h5 or .zarr recording, or its address.
        size: (width, height) of its frames in pixels, for a file without a header.
        camera: or the name of a known camera, such as "gen2".
        rate: frames per second; goes before what the file says.
        truncate: accept a .dat that was cut short: leave out a frame that is not whole, and an
            exposure that is not in it.
        flip: "vertical" turns the order of the rows, "horizontal" that of the columns, "both" both.
        rotate: then rotate frames clockwise by 0, 90, 180 or 270 degrees.
        crop: then keep rows (top, bottom) and columns (left, right); or the text
            TOP:BOTTOM,LEFT:RIGHT. See `spikecam.Orientation`.
    """

    path: PathLike | RemoteAddress
    size: tuple[int, int] | None = None
    camera: str | None = None
    rate: float | None = None
    truncate: bool = False
    flip: Flip | None = None
    rotate: int = 0
    crop: Crop | str | None = None

    @property
    def orientation(self) -> Orientation:
        """How its frames are turned."""
        return Orientation(self.flip, self.rotate, self.crop)

    def open(self) -> SpikeStream:
        """Open the recording, with its frames flipped, rotated and cropped.

        Errors are those of `spikecam.open`, of `spikecam.Orientation`, and RangeError where the
        crop leaves the frame.
        """
        orientation = self.orientation
        shape = None if self.size is None else (self.size[1], self.size[0])
        stream = open_recording(
            self.path, self.camera, shape=shape, rate=self.rate, truncate=self.truncate
        )
        return stream.orient(orientation)


Spikes = RecordingFile | SpikeStream


def open_spikes(spikes: Spikes) -> SpikeStream:
    """Open a recording, unless it is open already."""
    return spikes if isinstance(spikes, SpikeStream) else spikes.open()
