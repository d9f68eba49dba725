"""A deblurred sequence: made frame by frame into a folder, watched, stopped, and taken away."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from spikecam.app.filming import SPIKEGEN, SPREAD, pictures_of
from spikecam.app.look import Look, as_png
from spikecam.errors import OptionError
from spikecam.generation.generated import white_spread
from spikecam.io.atomic import atomic_path
from spikecam.io.pictures import read_picture, write_picture
from spikecam.io.save import save
from spikecam.metrics.full_reference import psnr, ssim
from spikecam.picture import Picture
from spikecam.show.display import DisplayMapping
from spikecam.stream import Span, SpikeStream

FORMATS = {"mp4": "film.mp4", "gif": "film.gif", "png": "frames.zip"}


class Film:
    """Sharp pictures of some frames of one blurry picture, or of spikes alone.

    Attributes:
        frames: their numbers.
        blur: the blurry picture, (h, w) or (h, w, 3) in [0, 1]; None of spikes alone.
        kinds: what there is of each frame, the film's own picture first: see `pictures_of`; empty
            until the first frame is made.
        done: how many are made.
        stopped: whether it was stopped before the last.
        white: the spread that is shown as white, see `white_spread`.

    Args:
        folder: an empty one, for the pictures.
        blur: the blurry picture; None for spikes alone.
        stream: the spikes.
        frames: which frames.
        exposure: frames (start, stop) during which the picture was exposed.
        options: method, weights, ... of `pictures_of`.

    Raises:
        FileError: the blurry picture cannot be read.
        OptionError: there is none, and the method is not SpikeGen.
        RangeError: the exposure leaves the recording.
    """

    def __init__(
        self,
        folder: Path,
        blur: Path | None,
        stream: SpikeStream,
        frames: Sequence[int],
        exposure: Span,
        options: Mapping[str, Any],
    ) -> None:
        if blur is None and options.get("method") != SPIKEGEN:
            raise OptionError("spikes alone are for spikegen; choose a blurry picture")
        self.folder, self.frames = folder, list(frames)
        self.blur = None if blur is None else read_picture(blur)
        self.exposure = stream.check_exposure(exposure)
        self.kinds: tuple[str, ...] = ()
        self.done, self.stopped, self.white = 0, False, white_spread([])
        self._rates: DisplayMapping | None = None
        self._stream, self._options = stream, options
        self._stop, self._idle = threading.Event(), threading.Event()
        self._idle.set()

    def make(self) -> None:
        """Make all pictures, until `stop`; to be called once, in a thread of its own.

        Raises:
            SpikecamError: as `pictures_of`.
        """
        self._idle.clear()
        try:
            made = pictures_of(self.blur, self._stream, self.frames, self.exposure, self._options)
            for number, pictures in zip(self.frames, made, strict=True):
                if self._stop.is_set():
                    self.stopped = True
                    return
                self._keep(number, pictures)
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

    def path(self, number: int, kind: str | None = None) -> Path:
        """Of a picture of a frame that is made: one of `kinds`, or the film's own."""
        return self.folder / (kind or self.kinds[0]) / f"{number:06d}.png"

    def shown(self, number: int, kind: str | None = None) -> Picture:
        """A picture as it is shown, in [0, 1].

        A spread is stretched to `white`, firing rates as the first look at a recording is, but
        alike in all frames, so that they do not flicker; anything else stays as it is.

        Args:
            number: a frame that is made.
            kind: one of `kinds`, or the film's own picture.

        Raises:
            FileError: it was removed.
        """
        picture, display = read_picture(self.path(number, kind)), self._display(kind)
        return picture if display is None else display(picture)

    def png(self, number: int, kind: str | None = None) -> bytes:
        """A picture as it is shown, as a PNG file; args as for `shown`.

        Raises:
            FileError, OSError: it was removed.
        """
        if self._display(kind) is None:
            return self.path(number, kind).read_bytes()
        return as_png(self.shown(number, kind))

    def take(self, kind: str, fps: float) -> Path:
        """All of the film's own pictures that are there, as they are shown, as one file.

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
            with atomic_path(out) as temporary, ZipFile(temporary, "w") as file:
                for number in self.made:
                    file.writestr(self.path(number).name, self.png(number))
        else:
            save(out, (self.shown(number) for number in self.made), fps=fps)
        return out

    def score(self, number: int, path: Path, kind: str | None = None) -> dict[str, float]:
        """PSNR and SSIM of a picture, and of the blurry one, beside the truth in a file.

        Args:
            number: a frame that is made.
            path: of the truth.
            kind: one of `kinds`, or the film's own picture.

        Raises:
            FileError: it is no picture.
            OptionError: the truth has another size, or the film is of spikes alone.
        """
        if self.blur is None:
            raise OptionError("firing rates have a scale of their own; no picture is their truth")
        sharp, truth = read_picture(self.path(number, kind)), read_picture(path)
        return {
            "psnr": psnr(sharp, truth, data_range=1),
            "ssim": ssim(sharp, truth, data_range=1),
            "psnr of the blurry picture": psnr(self.blur, truth, data_range=1),
            "ssim of the blurry picture": ssim(self.blur, truth, data_range=1),
        }

    def _keep(self, number: int, pictures: Mapping[str, Picture]) -> None:
        """Write the pictures of a frame, and see how they are to be shown."""
        self.kinds = tuple(pictures)
        for kind, picture in pictures.items():
            # What is stretched later is small, and needs finer levels.
            fine = kind == SPREAD or self.blur is None
            write_picture(self.path(number, kind), picture, bits=16 if fine else 8)
        if SPREAD in pictures:
            self.white = max(self.white, white_spread([pictures[SPREAD]]))
        if self.blur is None:
            own = Look().display(pictures[self.kinds[0]])
            held = self._rates or own
            self._rates = DisplayMapping(min(held.black, own.black), max(held.white, own.white))

    def _display(self, kind: str | None) -> DisplayMapping | None:
        return DisplayMapping(0, self.white) if kind == SPREAD else self._rates
