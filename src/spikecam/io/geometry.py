"""Height and width of a recording: by camera name, by size, or from the sidecar file.

No spike file of the field carries its geometry. It is never guessed here: where neither the caller
nor a sidecar file gives it, the error lists the known sizes that would fit.
"""

from __future__ import annotations

import json
import operator
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import overload

from spikecam import bits
from spikecam.errors import FileError, GeometryError, SpikecamError
from spikecam.io.atomic import atomic_path
from spikecam.io.byte_source import open_byte_source
from spikecam.io.remote_address import RecordingPath, RemoteAddress
from spikecam.io.remote_file import read_small_file_or_none
from spikecam.resources import check_memory
from spikecam.stream import Span


@dataclass(frozen=True)
class Geometry:
    """Size, row width, rate and exposure of a recording whose file does not hold them.

    Sizes in pixels; ``row_width`` is the stored width where rows are wider than the picture;
    ``rate`` in frames per second; ``exposure`` the frames (start, stop) in which the photograph
    was exposed.
    """

    height: int
    width: int
    row_width: int | None = None
    rate: float | None = None
    exposure: Span | None = None

    def __post_init__(self) -> None:
        sizes = (self.height, self.width, self.row_width or self.width)
        if not all(type(n) is int and n >= 1 for n in sizes) or self.width > sizes[2]:
            raise GeometryError(
                f"a frame of {self.width}x{self.height} cannot be: width and height are whole "
                "numbers of at least 1, and stored rows are no narrower than the picture"
            )
        check_memory(
            8 * self.height * sizes[2],
            f"a frame of {self.width}x{self.height} pixels",
            "choose a smaller size",
        )
        if self.rate is not None and not 0 < self.rate < float("inf"):
            raise GeometryError(f"a rate is a positive number of frames a second, not {self.rate}")
        if self.exposure is not None and not 0 <= self.exposure[0] < self.exposure[1]:
            raise GeometryError(f"an exposure is START, STOP in frames, not {self.exposure}")

    @property
    def frame_bytes(self) -> int:
        """Bytes of one packed frame."""
        return bits.frame_bytes(self.height, self.row_width or self.width)


CAMERAS = {
    "gen2": Geometry(250, 400),
    "gen2-raw": Geometry(250, 400, row_width=416),
    "m1k40": Geometry(1000, 1000, rate=40_000),
    "spike-gopro": Geometry(180, 320),
    "rsb": Geometry(250, 400),
    "recVidarReal2019": Geometry(250, 400),
    "momVidarReal2021": Geometry(250, 400),
}
"""Known cameras and data sets by name (any case)."""


def resolve_geometry(
    path: RecordingPath, camera: str | tuple[int, int] | None, shape: tuple[int, int] | None
) -> Geometry:
    """Geometry of a recording by the caller's arguments, else by its sidecar file.

    Args:
        path: the recording.
        camera: a name of `CAMERAS`, or (height, width).
        shape: (height, width).

    Raises:
        GeometryError: unknown, an unknown name, or two sources that contradict each other.
        FileError: the sidecar file is damaged.
    """
    arguments = _parse_arguments(camera, shape)
    sidecar = read_sidecar(path)
    sources = [*arguments, sidecar] if sidecar else arguments
    if not sources:
        raise GeometryError(
            f"{path} does not say its width and height; give --size WIDTHxHEIGHT or --camera NAME "
            f"(in Python shape=(height, width)); {_describe_known_sizes(path)}"
        )
    if len({(g.height, g.width) for g in sources}) > 1:
        sizes = " and ".join(dict.fromkeys(f"{g.width}x{g.height}" for g in sources))
        where = f" (one is in {sidecar_path(path)})" if sidecar else ""
        raise GeometryError(f"{path} was given two sizes, {sizes}{where}; keep the right one")
    if sidecar is None:
        return sources[0]
    # A camera's name settles how its rows are stored; the sidecar file knows the rest.
    named = sources[0] if isinstance(camera, str) else sidecar
    return replace(sidecar, row_width=named.row_width, rate=sidecar.rate or named.rate)


def check_stored_size(
    path: RecordingPath,
    stored_size: tuple[int, ...],
    camera: str | tuple[int, int] | None,
    shape: tuple[int, int] | None,
) -> None:
    """Refuse arguments that contradict the frame size stored in a recording.

    Raises:
        GeometryError: they do.
    """
    for geometry in _parse_arguments(camera, shape):
        if (geometry.height, geometry.width) != stored_size:
            raise GeometryError(
                f"{path} holds frames of {stored_size[1]}x{stored_size[0]}, not "
                f"{geometry.width}x{geometry.height}; leave the size out"
            )


def _parse_arguments(*values: str | tuple[int, int] | None) -> list[Geometry]:
    return [_parse_argument(value) for value in values if value is not None]


def _parse_argument(value: str | tuple[int, int]) -> Geometry:
    if not isinstance(value, str):
        try:
            height, width = map(operator.index, value)
        except (TypeError, ValueError) as error:
            raise GeometryError(f"a shape is (height, width) in pixels, not {value!r}") from error
        return Geometry(height, width)
    for name, geometry in CAMERAS.items():
        if name.lower() == value.lower():
            return geometry
    raise GeometryError(f"no camera is called {value!r}; known cameras: {', '.join(CAMERAS)}")


def known_camera_sizes(file_bytes: int) -> list[str]:
    """Names and sizes of the known cameras whose frames fit a file of so many bytes."""
    names: dict[Geometry, list[str]] = {}
    for name, geometry in CAMERAS.items():
        if file_bytes and file_bytes % geometry.frame_bytes == 0:
            names.setdefault(geometry, []).append(name)
    return [f"{g.width}x{g.height} ({', '.join(n)})" for g, n in names.items()]


def _describe_known_sizes(path: RecordingPath) -> str:
    try:
        size = open_byte_source(path).size
    except OSError:
        return ""
    sizes = known_camera_sizes(size)
    if not sizes:
        return f"no known camera's frames divide its {size:,} bytes"
    return f"known sizes that divide its {size:,} bytes: {'; '.join(sizes)}"


@overload
def sidecar_path(path: Path) -> Path: ...


@overload
def sidecar_path(path: RemoteAddress) -> RemoteAddress: ...


def sidecar_path(path: RecordingPath) -> RecordingPath:
    """Path of the sidecar file with a recording's geometry: ``car.dat.json`` of ``car.dat``."""
    if isinstance(path, RemoteAddress):
        return path.with_added_path(".json")
    return path.with_name(path.name + ".json")


def read_sidecar(path: RecordingPath) -> Geometry | None:
    """Read the geometry from the sidecar file of a recording. None where there is none.

    The file is JSON: ``{"width": 400, "height": 250, "rate": 20000, "exposure": [20, 117]}``,
    with ``row_width`` for wider stored rows; only width and height are required.

    Raises:
        FileError: the file is there but says something else.
    """
    sidecar: RecordingPath
    if isinstance(path, RemoteAddress):
        sidecar = sidecar_path(path)
        content = read_small_file_or_none(sidecar)
    else:
        # Beside a link's target as well, where `write_sidecar` puts it.
        beside = (sidecar_path(path), sidecar_path(Path(os.path.realpath(path))))
        sidecar = next((p for p in beside if os.path.exists(p)), beside[0])
        try:
            content = sidecar.read_bytes() if os.path.exists(sidecar) else None
        except OSError as error:
            raise FileError(f"{sidecar} cannot be read: {error.strerror}") from error
    if content is None:
        return None
    try:
        return _parse_sidecar(json.loads(content.decode("utf-8")))
    except (ValueError, RecursionError, SpikecamError) as error:
        reason = error if isinstance(error, SpikecamError) else "it is no JSON"
        raise FileError(
            f"{sidecar} is not a sidecar file: {reason}; expected JSON such as "
            '{"width": 400, "height": 250, "rate": 20000}; correct or remove it'
        ) from error


def _parse_sidecar(content: object) -> Geometry:
    """Parse the content of a sidecar file to a geometry.

    Raises:
        GeometryError: another kind of content, or values that cannot be.
    """
    if not isinstance(content, dict):
        raise GeometryError("it is no JSON object {...}")
    known = {field.name for field in fields(Geometry)}
    for key in content:
        if key not in known:
            raise GeometryError(f"{key!r} is none of {', '.join(sorted(known))}")
    for key in ("height", "width"):
        if key not in content:
            raise GeometryError(f"its {key} is missing")
    for key, value in content.items():
        numbers = value if key == "exposure" and isinstance(value, list) else [value]
        if value is not None and not all(type(number) in (int, float) for number in numbers):
            raise GeometryError(f"its {key} is not a number, but {json.dumps(value)}")
    exposure = content.get("exposure")
    if exposure is not None:
        if not isinstance(exposure, list) or [type(n) for n in exposure] != [int, int]:
            raise GeometryError(f"its exposure is not [start, stop], but {json.dumps(exposure)}")
        content = content | {"exposure": tuple(exposure)}
    return Geometry(**content)


def write_sidecar(path: Path, geometry: Geometry) -> None:
    """Write the geometry of a recording to its sidecar file."""
    content = {key: value for key, value in asdict(geometry).items() if value is not None}
    with atomic_path(sidecar_path(path)) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
