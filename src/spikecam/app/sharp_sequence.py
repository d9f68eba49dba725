"""A sequence of sharp pictures, made frame by frame into a folder; it can be stopped and saved."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spikecam.app.frame_view import ViewSettings
from spikecam.app.png import encode_png
from spikecam.app.sequence_pictures import SPREAD, pictures_by_kind
from spikecam.errors import OptionError
from spikecam.generation.generated import spread_shown_as_white
from spikecam.generation.progress import listening_to_steps
from spikecam.io.output import open_output, output_kind
from spikecam.io.pictures import read_picture, write_picture
from spikecam.metrics.full_reference import psnr, ssim
from spikecam.picture import Picture
from spikecam.requests.deblur import DeblurRequest
from spikecam.requests.generate import GenerateRequest
from spikecam.requests.prepared import CheckedRequest
from spikecam.show.display import DisplayMapping
from spikecam.user_warnings import collecting_warnings

# Endings of the files that a sequence is saved as, by what the page calls them.
EXPORT_ENDINGS = {"MP4": ".mp4", "GIF": ".gif", "PNG files": ".zip"}


class _StoppedError(Exception):
    """Leaves the making of a picture."""


class SharpSequence:
    """Sharp pictures of some frames of one blurry picture, or of spikes alone.

    Attributes:
        method: name of the method that makes them.
        frames: frame indices.
        blur: the blurry picture, (h, w) or (h, w, 3) in [0, 1]; None of spikes alone.
        kinds: kinds of pictures of each frame, the main one first, see `pictures_by_kind`; empty
            until the first frame is finished.
        finished_count: how many frames are finished.
        stopped: whether it was stopped before the last frame.
        facts: sentences on what was decided, such as the exposure and the encoding, and warnings.
        white: the spread that is shown as white, see `spread_shown_as_white`.
        steps: of the frame that is being made, how many are done, and how many there are; (0, 0)
            of a method that does not count them.

    Args:
        folder: an empty one, for the pictures.
        request: what is to be made.

    Raises:
        SpikecamError: as `DeblurRequest.check` and `GenerateRequest.check`.
    """

    def __init__(self, folder: Path, request: DeblurRequest | GenerateRequest) -> None:
        self.folder = folder
        # Warnings go to the page, not to the terminal.
        with collecting_warnings() as warnings:
            self._prepared: CheckedRequest[Any] = request.check()
        self.method = request.method
        self.frames = list(self._prepared.frames)
        self.facts = *self._prepared.facts, *warnings
        self.blur = None if request.blur is None else read_picture(request.blur)
        self.kinds: tuple[str, ...] = ()
        self.finished_count, self.stopped, self.white = 0, False, spread_shown_as_white([])
        self.steps = 0, 0
        self._rate_display: DisplayMapping | None = None
        self._stop_requested, self._idle = threading.Event(), threading.Event()
        self._idle.set()

    def make_pictures(self) -> None:
        """Make all pictures, until `stop` is called.

        It is to be called once, in a thread of its own.

        Raises:
            SpikecamError: weights or a device that cannot be used.
        """
        self._idle.clear()
        try:
            with listening_to_steps(self._update_steps):
                for frame_index, result in self._prepared.run():
                    self._stop_where_requested()
                    self._write_pictures(frame_index, pictures_by_kind(result))
                    self.steps = 0, 0
                    self.finished_count += 1
        except _StoppedError:
            self.stopped = True
        finally:
            self._idle.set()

    def stop(self) -> None:
        """Stop making pictures after the present step, or the present frame where none count."""
        self._stop_requested.set()

    @property
    def finished_share(self) -> float:
        """Share of the work that is done, in [0, 1], with the steps of the present frame."""
        done, count = self.steps
        return (self.finished_count + (done / count if count else 0)) / len(self.frames)

    def _update_steps(self, done: int, count: int) -> None:
        self.steps = done, count
        self._stop_where_requested()

    def _stop_where_requested(self) -> None:
        if self._stop_requested.is_set():
            raise _StoppedError

    def stop_and_remove_files(self) -> None:
        """Stop making pictures, and remove all files."""
        self.stop()
        self._idle.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def finished_frames(self) -> list[int]:
        """Indices of the frames that are finished."""
        return self.frames[: self.finished_count]

    def picture_path(self, frame_index: int, kind: str | None = None) -> Path:
        """Path of a picture of a finished frame: one of `kinds`, or the main one."""
        return self.folder / (kind or self.kinds[0]) / f"{frame_index:06d}.png"

    def display_picture(self, frame_index: int, kind: str | None = None) -> Picture:
        """Read a picture of a frame, and map it for display, in [0, 1].

        A spread is stretched to `white`. Firing rates are stretched as in the first view of a
        recording, but by one mapping for all frames, so that they do not flicker.

        Args:
            frame_index: a finished frame.
            kind: one of `kinds`; by default the main one.

        Raises:
            FileError: it was removed.
        """
        picture, display = read_picture(self.picture_path(frame_index, kind)), self._display(kind)
        return picture if display is None else display(picture)

    def display_png(self, frame_index: int, kind: str | None = None) -> bytes:
        """A picture of a frame as a PNG file, mapped for display.

        Arguments are those of `display_picture`.

        Raises:
            FileError, OSError: it was removed.
        """
        if self._display(kind) is None:
            return self.picture_path(frame_index, kind).read_bytes()
        return encode_png(self.display_picture(frame_index, kind))

    def export(self, format: str, fps: float) -> Path:
        """Export the main pictures of all finished frames as one file, mapped for display.

        Its name says the frames and the method.

        Args:
            format: one of `EXPORT_ENDINGS`.
            fps: pictures per second of a video.

        Raises:
            OptionError: no frame is finished, or there is no such format.
            OutputError: the file cannot be written.
        """
        if not self.finished_count:
            raise OptionError("there are no pictures yet; deblur first")
        if format not in EXPORT_ENDINGS:
            formats = ", ".join(EXPORT_ENDINGS)
            raise OptionError(f"a sequence is saved as {formats}, not {format!r}")
        frames = self.finished_frames
        name = f"{frames[0]:06d}-{frames[-1]:06d}-{self.method}{EXPORT_ENDINGS[format]}"
        path = self.folder / name
        output = open_output(
            path, fps=fps if output_kind(path) == "video" else None, overwrite=True
        )
        output.write((self.display_picture(frame_index) for frame_index in frames), frames)
        return path

    def score(
        self, frame_index: int, truth_path: Path, kind: str | None = None
    ) -> dict[str, float]:
        """PSNR and SSIM of a picture against the true picture in a file.

        Those of the blurry picture are given, too.

        Args:
            frame_index: a finished frame.
            truth_path: file of the true picture.
            kind: one of `kinds`; by default the main one.

        Returns:
            "psnr" and "ssim", and "blur_psnr" and "blur_ssim" of the blurry picture.

        Raises:
            FileError: the file is no picture.
            OptionError: the truth has another size, or the sequence is of spikes alone.
        """
        if self.blur is None:
            raise OptionError("firing rates have a scale of their own; no picture is their truth")
        sharp, true = read_picture(self.picture_path(frame_index, kind)), read_picture(truth_path)
        return {
            "psnr": psnr(sharp, true, data_range=1),
            "ssim": ssim(sharp, true, data_range=1),
            "blur_psnr": psnr(self.blur, true, data_range=1),
            "blur_ssim": ssim(self.blur, true, data_range=1),
        }

    def _write_pictures(self, frame_index: int, pictures: Mapping[str, Picture]) -> None:
        """Write the pictures of a frame to files.

        The display of all frames adapts to them.
        """
        self.kinds = tuple(pictures)
        for kind, picture in pictures.items():
            # Pictures that the page stretches need finer levels.
            stretched = kind == SPREAD or self.blur is None
            write_picture(
                self.picture_path(frame_index, kind), picture, bits=16 if stretched else 8
            )
        if SPREAD in pictures:
            self.white = max(self.white, spread_shown_as_white([pictures[SPREAD]]))
        if self.blur is None:
            fitted = ViewSettings().display_mapping(pictures[self.kinds[0]])
            present = self._rate_display or fitted
            self._rate_display = DisplayMapping(
                min(present.black, fitted.black), max(present.white, fitted.white)
            )

    def _display(self, kind: str | None) -> DisplayMapping | None:
        return DisplayMapping(0, self.white) if kind == SPREAD else self._rate_display
