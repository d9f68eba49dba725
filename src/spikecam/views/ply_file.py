"""Files of Gaussians: the .ply of 3D Gaussian Splatting, which viewers open.

Binary little-endian float32: x y z, nx ny nz (0), f_dc_0..2, f_rest_0.. (channel by channel: all
harmonics above degree 0 of red, then of green, of blue), opacity (a logit), scale_0..2
(logarithms), rot_0..3 (w x y z). https://github.com/graphdeco-inria/gaussian-splatting,
`GaussianModel.save_ply`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError
from spikecam.io.atomic import atomic_path
from spikecam.io.paths import PathLike, check_existing_file
from spikecam.resources import check_memory
from spikecam.views.gaussians import Floats, Gaussians

SCENE_SUFFIX = ".ply"
_TYPES = {
    "char": "i1",
    "int8": "i1",
    "uchar": "u1",
    "uint8": "u1",
    "short": "<i2",
    "int16": "<i2",
    "ushort": "<u2",
    "uint16": "<u2",
    "int": "<i4",
    "int32": "<i4",
    "uint": "<u4",
    "uint32": "<u4",
    "float": "<f4",
    "float32": "<f4",
    "double": "<f8",
    "float64": "<f8",
}
_MEANS = ("x", "y", "z")
_NORMALS = ("nx", "ny", "nz")
_COLOUR = ("f_dc_0", "f_dc_1", "f_dc_2")
_SCALES = ("scale_0", "scale_1", "scale_2")
_ROTATIONS = ("rot_0", "rot_1", "rot_2", "rot_3")
# Harmonics above degree 0 of three channels, for degrees 0 to 3.
_REST_COUNTS = (0, 9, 24, 45)
_MAX_HEADER_BYTES = 65536
# The rows of the file, and the arrays that are made of them.
_MEMORY_PER_BYTE = 2


@dataclass(frozen=True)
class _Header:
    """Vertex type, their number, where they begin, and whether other elements follow."""

    vertex: np.dtype[np.void]
    count: int
    offset: int
    has_more: bool


def write_ply(path: PathLike, gaussians: Gaussians) -> None:
    """Write Gaussians as the .ply that SuperSplat, viser and others open.

    Gray Gaussians are written as three equal channels.

    Args:
        path: the file; replaced if it exists.
        gaussians: the scene.

    Raises:
        OutputError: the file cannot be written.
    """
    harmonics = np.broadcast_to(gaussians.harmonics, (*gaussians.harmonics.shape[:2], 3))
    rest = harmonics[:, 1:].swapaxes(1, 2).reshape(len(gaussians), -1)
    names = _property_names(rest.shape[1])
    table = np.concatenate(
        [
            gaussians.means,
            np.zeros_like(gaussians.means),
            harmonics[:, 0],
            rest,
            gaussians.opacity_logits[:, None],
            gaussians.log_scales,
            gaussians.rotations,
        ],
        axis=1,
        dtype="<f4",
    )
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(gaussians)}"]
    lines += [f"property float {name}" for name in names] + ["end_header", ""]
    with atomic_path(Path(path)) as temporary, temporary.open("wb") as file:
        file.write("\n".join(lines).encode("ascii"))
        file.write(table.data)


def _property_names(rest: int) -> list[str]:
    rests = [f"f_rest_{i}" for i in range(rest)]
    return [*_MEANS, *_NORMALS, *_COLOUR, *rests, "opacity", *_SCALES, *_ROTATIONS]


def read_ply(path: PathLike) -> Gaussians:
    """Read Gaussians from a .ply of 3D Gaussian Splatting.

    Properties may be in any order, and others are left out. Where the three channels of all
    Gaussians are equal, the scene is gray: its harmonics have one channel.

    Raises:
        FileError: missing, not a .ply, of another kind (text, big-endian, mesh, point cloud,
            compressed), damaged, empty, or values that are not finite.
        ResourceError: larger than the memory.
    """
    path = check_existing_file(path)
    header = _read_header(path)
    names = header.vertex.names or ()
    rest = sum(name.startswith("f_rest_") for name in names)
    if rest not in _REST_COUNTS:
        raise FileError(
            f"{path} has {rest} properties f_rest; expected 0, 9, 24 or 45, as of harmonics up to "
            "degree 3"
        )
    missing = set(_property_names(rest)) - {*_NORMALS, *names}
    if missing:
        raise FileError(
            f"{path} has no property {min(missing)}; expected a .ply of 3D Gaussian Splatting"
        )
    vertices = _read_vertices(path, header)
    rests = _columns(path, vertices, [f"f_rest_{i}" for i in range(rest)])
    harmonics = np.concatenate(
        [
            _columns(path, vertices, _COLOUR)[:, None],
            rests.reshape(len(vertices), 3, rest // 3).swapaxes(1, 2),
        ],
        axis=1,
    )
    if (harmonics == harmonics[..., :1]).all():
        harmonics = harmonics[..., :1]
    rotations = _columns(path, vertices, _ROTATIONS)
    if not rotations.any(1).all():
        raise FileError(f"{path} has a rotation of 0 0 0 0; write it again")
    return Gaussians(
        _columns(path, vertices, _MEANS),
        _columns(path, vertices, _SCALES),
        rotations,
        _columns(path, vertices, ("opacity",))[:, 0],
        np.ascontiguousarray(harmonics),
    )


def _read_header(path: Path) -> _Header:
    with path.open("rb") as file:
        start = file.read(_MAX_HEADER_BYTES)
    if not start.startswith((b"ply\n", b"ply\r")):
        raise FileError(f"{path} is not a .ply file; expected one of 3D Gaussian Splatting")
    head, end, after = start.partition(b"end_header")
    newline = after.find(b"\n")
    if not end or newline < 0:
        raise FileError(f"{path} is damaged: its header has no end; get it again")
    lines = [line.split() for line in head.decode("ascii", "replace").splitlines()[1:]]
    lines = [words for words in lines if words and words[0] not in ("comment", "obj_info")]
    _check_format(path, lines)
    try:
        elements = _read_elements(lines)
        name, count, properties = elements[0]
        others = [element for element, _, _ in elements[1:]]
        _check_kind(path, name, others, [one for one, _ in properties])
        vertex = np.dtype([(one, _TYPES[kind]) for one, kind in properties])
    except (ValueError, KeyError, IndexError) as error:
        raise FileError(f"{path} has a damaged header ({error}); get it again") from None
    if count < 1:
        raise FileError(f"{path} holds no Gaussians; expected a scene")
    return _Header(vertex, count, len(head) + len(end) + newline + 1, bool(others))


def _check_format(path: Path, lines: list[list[str]]) -> None:
    encoding = next((words[1] for words in lines if words[0] == "format" and words[1:]), "unknown")
    if encoding != "binary_little_endian":
        raise FileError(
            f"{path} is a .ply of the format {encoding}; expected binary_little_endian: convert "
            "it, as SuperSplat does when it exports"
        )


def _read_elements(lines: list[list[str]]) -> list[tuple[str, int, list[tuple[str, str]]]]:
    """Elements of a header, each with its number and its properties: name and type."""
    elements: list[tuple[str, int, list[tuple[str, str]]]] = []
    for words in lines:
        if words[0] == "element":
            elements.append((words[1], int(words[2]), []))
        elif words[0] == "property":
            elements[-1][2].append((words[-1], words[1]))
        elif words[0] != "format":
            raise ValueError(f"unknown line {words[0]}")
    return elements


def _check_kind(path: Path, first: str, others: list[str], properties: list[str]) -> None:
    if "chunk" in (first, *others) or "packed_position" in properties:
        kind, advice = "is a compressed .ply", "export it uncompressed"
    elif "face" in others:
        kind, advice = "is a mesh", "give a scene of Gaussians"
    elif first != "vertex":
        kind, advice = f"begins with {first}, not with vertex", "give a scene of Gaussians"
    elif "f_dc_0" not in properties and "scale_0" not in properties:
        kind, advice = "is a point cloud", "give a scene of Gaussians that was fitted"
    else:
        return
    raise FileError(f"{path} {kind}; expected a .ply of 3D Gaussian Splatting: {advice}")


def _read_vertices(path: Path, header: _Header) -> npt.NDArray[np.void]:
    size = path.stat().st_size - header.offset
    needed = header.count * header.vertex.itemsize
    if size < needed or (size > needed and not header.has_more):
        raise FileError(
            f"{path} is damaged: {header.count} Gaussians are {needed} bytes, and it has {size}; "
            "get it again"
        )
    check_memory(
        _MEMORY_PER_BYTE * needed,
        f"{path}: a scene of {header.count:,} Gaussians",
        "remove some in an editor",
    )
    return np.fromfile(path, header.vertex, header.count, offset=header.offset)


def _columns(
    path: Path, vertices: npt.NDArray[np.void], names: list[str] | tuple[str, ...]
) -> Floats:
    columns = np.empty((len(vertices), len(names)), np.float32)
    for i, name in enumerate(names):
        # A double that float32 cannot hold becomes infinite, and is refused.
        with np.errstate(over="ignore", invalid="ignore"):
            columns[:, i] = vertices[name]
        if not np.isfinite(columns[:, i]).all():
            row = int(np.argmin(np.isfinite(columns[:, i])))
            raise FileError(
                f"{path}: {name} of Gaussian {row} is not finite; fit the scene again, or delete "
                "it in an editor"
            )
    return columns
