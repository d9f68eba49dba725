"""Height and width of a recording: by camera name, by size, or from the sidecar file.

No spike file of the field carries its geometry. It is never guessed here: a reader is told, or
finds a sidecar file, or lists what would fit and asks.
"""

from __future__ import annotations

import json
import operator
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from spikecam import bits
from spikecam.errors import FileError, GeometryError
from spikecam.io.atomic import atomic_path
from spikecam.resources import check_memory
from spikecam.stream import Span


@dataclass(frozen=True)
class Geometry:
    """What a headerless recording leaves unsaid.

    Sizes in pixels; ``row_width`` is the stored width where rows are wider than the picture;
    ``rate`` in frames per second; ``exposure`` the frames (start, stop) of the photograph's.
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
        check_memory(8 * self.height * sizes[2], f"a frame of {self.width}x{self.height} pixels")
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


def resolve(
    path: Path, camera: str | tuple[int, int] | None, shape: tuple[int, int] | None
) -> Geometry:
    """The geometry of ``path`` from what the caller said, else from its sidecar file.

    Args:
        path: the recording.
        camera: a name of `CAMERAS`, or (height, width).
        shape: (height, width).

    Raises:
        GeometryError: unknown, an unknown name, or two sources that contradict each other.
    """
    told = [_of(value) for value in (camera, shape) if value is not None]
    beside = read_sidecar(path)
    known = [*told, beside] if beside else told
    if not known:
        raise GeometryError(
            f"{path} does not say its width and height; give --size WIDTHxHEIGHT or --camera NAME "
            f"(in Python shape=(height, width)); {_divisors(path)}"
        )
    if len({(g.height, g.width) for g in known}) > 1:
        sizes = " and ".join(dict.fromkeys(f"{g.width}x{g.height}" for g in known))
        where = f" (one is in {sidecar_path(path)})" if beside else ""
        raise GeometryError(f"{path} was given two sizes, {sizes}{where}; keep the right one")
    if beside is None:
        return known[0]
    # A camera's name settles how its rows are stored; the sidecar file knows the rest.
    named = known[0] if isinstance(camera, str) else beside
    return replace(beside, row_width=named.row_width, rate=beside.rate or named.rate)


def _of(value: str | tuple[int, int]) -> Geometry:
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


def must_match(
    path: Path,
    stored: tuple[int, ...],
    camera: str | tuple[int, int] | None,
    shape: tuple[int, int] | None,
) -> None:
    """Refuse a size that contradicts the one which the file itself holds, (height, width)."""
    for told in (_of(value) for value in (camera, shape) if value is not None):
        if (told.height, told.width) != stored:
            raise GeometryError(
                f"{path} holds frames of {stored[1]}x{stored[0]}, not {told.width}x{told.height}; "
                "leave the size out"
            )


def known_sizes(size: int) -> list[str]:
    """Names and sizes of the known cameras whose frames divide ``size`` bytes."""
    names: dict[Geometry, list[str]] = {}
    for name, geometry in CAMERAS.items():
        if size and size % geometry.frame_bytes == 0:
            names.setdefault(geometry, []).append(name)
    return [f"{g.width}x{g.height} ({', '.join(n)})" for g, n in names.items()]


def _divisors(path: Path) -> str:
    try:
        size = path.stat().st_size
    except OSError:
        return ""
    found = known_sizes(size)
    if not found:
        return f"no known camera's frames divide its {size:,} bytes"
    return f"known sizes that divide its {size:,} bytes: {'; '.join(found)}"


def sidecar_path(path: Path) -> Path:
    """``car.dat`` has its geometry in ``car.dat.json``."""
    return path.with_name(path.name + ".json")


def read_sidecar(path: Path) -> Geometry | None:
    """The geometry in the sidecar file of ``path``, or None where there is no such file.

    The file is JSON: ``{"width": 400, "height": 250, "rate": 20000, "exposure": [20, 117]}``,
    with ``row_width`` for wider stored rows; only width and height are required.

    Raises:
        FileError: the file is there but says something else.
    """
    # Beside a link's target as well, where `write_sidecar` puts it.
    beside = (sidecar_path(path), sidecar_path(Path(os.path.realpath(path))))
    sidecar = next((p for p in beside if os.path.exists(p)), None)
    if sidecar is None:
        return None
    try:
        said = json.loads(sidecar.read_text(encoding="utf-8"))
        if said.get("exposure") is not None:
            start, stop = said["exposure"]
            said["exposure"] = (int(start), int(stop))
        return Geometry(**said)
    except OSError as error:
        raise FileError(f"{sidecar} cannot be read: {error.strerror}") from error
    except (
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
        OverflowError,
        GeometryError,
    ) as error:
        raise FileError(
            f"{sidecar} is not a sidecar file ({error}); expected JSON such as "
            '{"width": 400, "height": 250, "rate": 20000}; mend or remove it'
        ) from error


def write_sidecar(path: Path, geometry: Geometry) -> None:
    """Write the sidecar file of ``path``."""
    said = {key: value for key, value in asdict(geometry).items() if value is not None}
    with atomic_path(sidecar_path(path)) as temporary:
        temporary.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
