"""A recording as a user names it: its path and, where the file does not say it, its geometry."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.io.paths import PathLike
from spikecam.io.recording import open as open_recording
from spikecam.stream import SpikeStream


@dataclass(frozen=True)
class RecordingFile:
    """A recording file that is not opened yet: its path and geometry.

    Attributes:
        path: of a .dat, .npz or .h5 file.
        size: (width, height) of its frames in pixels, for a file without a header.
        camera: or the name of a known camera, such as "gen2".
        rate: frames per second; goes before what the file says.
        truncate: accept a .dat that was cut short: leave out a frame that is not whole, and an
            exposure that is not in it.
    """

    path: PathLike
    size: tuple[int, int] | None = None
    camera: str | None = None
    rate: float | None = None
    truncate: bool = False

    def open(self) -> SpikeStream:
        """Open the recording.

        Errors are those of `spikecam.open`.
        """
        shape = None if self.size is None else (self.size[1], self.size[0])
        return open_recording(
            self.path, self.camera, shape=shape, rate=self.rate, truncate=self.truncate
        )


Spikes = RecordingFile | SpikeStream


def open_spikes(spikes: Spikes) -> SpikeStream:
    """Open a recording, unless it is open already."""
    return spikes if isinstance(spikes, SpikeStream) else spikes.open()
