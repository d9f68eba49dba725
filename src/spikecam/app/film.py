"""A deblurred sequence: made frame by frame into a folder, watched, stopped, and taken away."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spikecam.deblurring.methods import deblurred_frames, exposure_of
from spikecam.errors import OptionError
from spikecam.io.pictures import read_picture, write_picture
from spikecam.io.save import save
from spikecam.metrics.reference import psnr, ssim
from spikecam.picture import Picture
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
        exposure: frames (start, stop) during which the picture was exposed; None for what the
            recording says.
        options: of `deblurred_frames`: method, weights, ...

    Raises:
        SpikecamError: as `deblurred_frames`, before any work.
    """

    def __init__(
        self,
        folder: Path,
        blur: Path,
        stream: SpikeStream,
        frames: Sequence[int],
        exposure: Span | None,
        options: Mapping[str, Any],
    ) -> None:
        self.folder, self.blur, self.frames = folder, read_picture(blur), list(frames)
        self.exposure = exposure_of(stream, exposure)
        self.done, self.stopped = 0, False
        self._pictures = deblurred_frames(
            self.blur, stream, frames=self.frames, exposure=self.exposure, **options
        )
        self._stop = threading.Event()

    def make(self) -> None:
        """Make all pictures, until `stop`."""
        for number, picture in zip(self.frames, self._pictures, strict=True):
            write_picture(self.path(number), picture)
            self.done += 1
            if self._stop.is_set() and self.done < len(self.frames):
                self.stopped = True
                return

    def stop(self) -> None:
        """Make no more after the picture at hand."""
        self._stop.set()

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
            shutil.make_archive(str(out.with_suffix("")), "zip", self.folder / "frames")
        else:
            save(out, (read_picture(self.path(n)) for n in self.made), fps=fps)
        return out

    def score(self, number: int, truth: Picture) -> dict[str, float]:
        """PSNR and SSIM of a picture, and of the blurry one, beside the truth.

        Raises:
            OptionError: the truth has another size.
        """
        sharp = read_picture(self.path(number))
        return {
            "psnr": psnr(sharp, truth, data_range=1),
            "ssim": ssim(sharp, truth, data_range=1),
            "psnr of the blurry picture": psnr(self.blur, truth, data_range=1),
            "ssim of the blurry picture": ssim(self.blur, truth, data_range=1),
        }


def number_of_frames(exposure: Span, count: int) -> int:
    """How many frames there are to choose, at most all of the exposure."""
    return int(np.clip(count, 1, exposure[1] - exposure[0]))
