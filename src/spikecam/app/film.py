"""A deblurred sequence: made frame by frame into a folder, watched, stopped, and taken away."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from spikecam.deblurring.methods import deblurred_frames
from spikecam.errors import OptionError
from spikecam.io.aside import aside
from spikecam.io.pictures import read_picture, write_picture
from spikecam.io.save import save
from spikecam.metrics.reference import psnr, ssim
from spikecam.stream import Span, SpikeStream

FORMATS = {"mp4": "film.mp4", "gif": "film.gif", "png": "frames.zip"}


class Film:
    """Sharp pictures of some frames of one blurry picture.

    Attributes:
        frames: their numbers.
        done: how many are made.
        stopped: whether it was stopped before the last.

    Args:
        folder: an empty one, for the pictures.
        blur: the blurry picture.
        stream: the spikes.
        frames: which frames.
        exposure: frames (start, stop) during which the picture was exposed.
        options: of `deblurred_frames`: method, weights, ...

    Raises:
        FileError: the blurry picture cannot be read.
        RangeError: the exposure leaves the recording.
    """

    def __init__(
        self,
        folder: Path,
        blur: Path,
        stream: SpikeStream,
        frames: Sequence[int],
        exposure: Span,
        options: Mapping[str, Any],
    ) -> None:
        self.folder, self.blur, self.frames = folder, read_picture(blur), list(frames)
        self.exposure = stream.check_exposure(exposure)
        self.done, self.stopped = 0, False
        self._stream, self._options = stream, options
        self._stop, self._idle = threading.Event(), threading.Event()
        self._idle.set()

    def make(self) -> None:
        """Make all pictures, until `stop`; to be called once, in a thread of its own.

        Raises:
            SpikecamError: as `deblurred_frames`.
        """
        self._idle.clear()
        try:
            pictures = deblurred_frames(
                self.blur,
                self._stream,
                frames=self.frames,
                exposure=self.exposure,
                **self._options,
            )
            for number, picture in zip(self.frames, pictures, strict=True):
                if self._stop.is_set():
                    self.stopped = True
                    return
                write_picture(self.path(number), picture)
                self.done += 1
        finally:
            self._idle.set()

    def stop(self) -> None:
        """Keep no more pictures."""
        self._stop.set()

    def remove(self) -> None:
        """Stop, wait for the picture at hand, and remove all of them."""
        self.stop()
        self._idle.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def made(self) -> list[int]:
        """The frames that are there."""
        return self.frames[: self.done]

    def path(self, number: int) -> Path:
        """Of the picture of a frame."""
        return self.folder / "frames" / f"{number:06d}.png"

    def take(self, kind: str, fps: float) -> Path:
        """All pictures that are there, as one file.

        Args:
            kind: "mp4", "gif", or "png": a ZIP file of them.
            fps: pictures a second of a film.

        Raises:
            OptionError: there are no pictures, or no such kind.
            OutputError: the file cannot be written.
        """
        if not self.done:
            raise OptionError("there are no pictures yet; deblur first")
        if kind not in FORMATS:
            raise OptionError(f"a film is taken as {', '.join(FORMATS)}, not {kind!r}")
        out = self.folder / FORMATS[kind]
        if kind == "png":
            with aside(out) as temporary, ZipFile(temporary, "w") as file:
                for number in self.made:
                    file.write(self.path(number), self.path(number).name)
        else:
            save(out, (read_picture(self.path(n)) for n in self.made), fps=fps)
        return out

    def score(self, number: int, path: Path) -> dict[str, float]:
        """PSNR and SSIM of a picture, and of the blurry one, beside the truth in a file.

        Raises:
            FileError: it is no picture.
            OptionError: the truth has another size.
        """
        sharp, truth = read_picture(self.path(number)), read_picture(path)
        return {
            "psnr": psnr(sharp, truth, data_range=1),
            "ssim": ssim(sharp, truth, data_range=1),
            "psnr of the blurry picture": psnr(self.blur, truth, data_range=1),
            "ssim of the blurry picture": ssim(self.blur, truth, data_range=1),
        }
