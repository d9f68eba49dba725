"""What is saved of a view: one frame or a film, as a request, a command and a script."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import Any

from spikecam.app.frame_view import ViewSettings
from spikecam.app.text import legible_text
from spikecam.errors import OptionError
from spikecam.io.output import Output, open_output
from spikecam.method import Takes, find_method
from spikecam.requests.reconstruct import ReconstructRequest
from spikecam.requests.recording_file import RecordingFile, Spikes
from spikecam.show.colour_map_names import GRAY

# Files of one frame and of a film, with the bits a channel of those that hold more than 8.
PICTURE_ENDINGS, FILM_ENDINGS = (".png", ".tiff"), (".mp4", ".gif")
_BITS = {".tiff": 16}


@dataclass(frozen=True)
class ViewExport:
    """One frame of a view, or a film of its frames, as it is to be saved.

    Attributes:
        recording: the recording, as a command finds it.
        settings: method, options and display mapping.
        frames: index of one frame, or the range of a film's.
        ending: one of `PICTURE_ENDINGS` for a frame, of `FILM_ENDINGS` for a film.
        fps: pictures a second of a film.

    Raises:
        OptionError: another ending.
    """

    recording: RecordingFile
    settings: ViewSettings
    frames: int | range
    ending: str
    fps: float | None = None

    def __post_init__(self) -> None:
        endings = PICTURE_ENDINGS if isinstance(self.frames, int) else FILM_ENDINGS
        if self.ending not in endings:
            raise OptionError(f"this is saved as {' or '.join(endings)}, not {self.ending!r}")

    @property
    def file_name(self) -> str:
        """Name of the file, of the recording, the frames and the method."""
        stem = legible_text(PurePath(str(self.recording.path)).stem)
        return f"{stem}-{self._frames_in_name}-{self.settings.method}{self.ending}"

    @property
    def _frames_in_name(self) -> str:
        if isinstance(self.frames, int):
            return f"{self.frames:06d}"
        step = "" if self.frames.step == 1 else f"-step-{self.frames.step}"
        return f"{self.frames[0]:06d}-{self.frames[-1]:06d}{step}"

    def open_output(self, path: str) -> Output:
        """The output at a path, of the format and with the bits of this export.

        Errors are those of `spikecam.open_output`.
        """
        return open_output(path, fps=self.fps, bits=_BITS.get(self.ending))

    def request(self, spikes: Spikes | None = None) -> ReconstructRequest:
        """The request for the pictures.

        Args:
            spikes: the recording where it is open already; by default it is opened.
        """
        settings = self.settings
        values = {
            "spikes": spikes or self.recording,
            "method": settings.method,
            "options": self._options,
            **self._frame_values,
            "gamma": settings.gamma,
            "colour_map": settings.colours,
        }
        if settings.fixed_range is None:
            values["stretch"] = settings.low, settings.high
        else:
            values["levels"] = tuple(settings.fixed_range)
        return ReconstructRequest(**values)

    @property
    def _frame_values(self) -> dict[str, Any]:
        if isinstance(self.frames, int):
            return {"at": self.frames}
        step = "" if self.frames.step == 1 else f":{self.frames.step}"
        return {"frames": f"{self.frames.start}:{self.frames.stop}{step}"}

    @property
    def _options(self) -> dict[str, Any]:
        options = dict(self.settings.options)
        method = find_method(self.settings.method, Takes.SPIKES)
        if isinstance(self.frames, int) and "warm_up" in method.option_names:
            # As in the view, which does not read the recording from its begin on.
            options.setdefault("warm_up", method.warm_up)
        return options

    def command(self) -> str:
        """The command line that writes the same file."""
        request, recording = self.request(), self.recording
        words = ["spikecam", "reconstruct", str(recording.path), "-o", self.file_name]
        if recording.size is not None:
            words += ["--size", "x".join(map(str, recording.size))]
        words += _flags(camera=recording.camera, rate=recording.rate)
        words += ["--truncate"] if recording.truncate else []
        words += _flags(at=request.at, frames=request.frames, method=request.method)
        words += _flags(**request.options)
        words += _flags(stretch=request.stretch, levels=request.levels)
        words += _flags(gamma=None if request.gamma == 1 else request.gamma)
        words += _flags(colour_map=None if request.colour_map == GRAY else request.colour_map)
        words += _flags(fps=self.fps, bits=_BITS.get(self.ending))
        return shlex.join(words)

    def script(self) -> str:
        """The lines of Python that write the same file."""
        output = {"fps": self.fps, "bits": _BITS.get(self.ending)}
        arguments = [repr(self.file_name), *_arguments(output)]
        return (
            "import spikecam as sc\n\n"
            f"request = sc.ReconstructRequest(\n    {_call_of_recording(self.recording)},\n"
            + "".join(f"    {one},\n" for one in _changed_fields(self.request(), without="spikes"))
            + f")\noutput = sc.open_output({', '.join(arguments)})\n"
            "pictures = request.check(output.kind).run()\n"
            "output.write(picture for _, picture in pictures)\n"
        )


def _flags(**values: Any) -> list[str]:
    words = []
    for name, value in values.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, tuple):
            words += [f"--{flag}", ":".join(map(repr, value))]
        elif value is not None:
            words += [f"--{flag}", str(value)]
    return words


def _arguments(values: dict[str, Any]) -> list[str]:
    return [f"{name}={value!r}" for name, value in values.items() if value is not None]


def _changed_fields(of: Any, *, without: str) -> list[str]:
    """Arguments of a dataclass that differ from its defaults."""
    return _arguments(
        {
            field.name: getattr(of, field.name)
            for field in fields(of)
            if field.name != without and getattr(of, field.name) not in (field.default, {})
        }
    )


def _call_of_recording(recording: RecordingFile) -> str:
    arguments = [repr(str(recording.path)), *_changed_fields(recording, without="path")]
    return f"sc.RecordingFile({', '.join(arguments)})"
