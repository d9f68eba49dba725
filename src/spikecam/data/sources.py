"""Photographs and videos that a data set is made of, and which of them show the same thing.

Two sources are kin when their pictures look alike: the signs of the differences between neighbours
in a thumbnail of 17 x 16 gray pixels (a difference hash) agree for all but a few. Copies in another
size or format, light crops and neighbouring frames of a film are found that way, and kin of kin are
kin, so that a folder of a film's frames is one family. Of 203 photographs no two are as alike.
A video is known by a frame in its beginning and one in its middle. What is not found: the same
thing photographed anew from elsewhere, and films of one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from spikecam.errors import FileError
from spikecam.io import content
from spikecam.io.pictures import as_levels, is_picture, read_picture
from spikecam.io.video import VIDEO_SOURCES, count_frames, video_frames
from spikecam.picture import Picture
from spikecam.scenes.motion import MIN_SIDE

# Of the signs of two photographs at least 0.22 differ; of neighbouring frames at most 0.1.
_ALIKE = 0.18
_SIDE = 16


@dataclass(frozen=True)
class Source:
    """A photograph or video.

    Attributes:
        path: where it is.
        digest: SHA-256 of its bytes.
        family: the same for all that look alike: the smallest digest among them.
        frames: how many, for a video; 1 for a photograph.
    """

    path: str
    digest: str
    family: str
    frames: int

    @property
    def is_photo(self) -> bool:
        """Whether it is a photograph rather than a video."""
        return is_picture(self.path)


def find_sources(paths: Iterable[str | Path], *, beside: Path | None = None) -> list[Source]:
    """Photographs and videos among files and folders, each opened to see that it can be used.

    Of files with the same bytes only the first counts.

    Args:
        paths: files and folders; folders are searched to the bottom.
        beside: a folder that is not searched: the data set's own.

    Raises:
        FileError: a path does not exist, a source cannot be read or is too small, or nothing is
            found.
    """
    named = [Path(path) for path in paths]
    files: list[Path] = []
    for path in named:
        if path.is_dir():
            files += [f for f in sorted(path.rglob("*")) if _is_source(f, beside)]
        elif path.exists() and _is_source(path, None):
            files.append(path)
        else:
            why = "is neither a picture nor a video" if path.exists() else "does not exist"
            raise FileError(f"{path} {why}; name photographs, videos, or folders of them")
    found: dict[str, Path] = {}
    for file in files:
        found.setdefault(content.digest(file), file)
    if not found:
        listed = ", ".join(map(str, named))
        raise FileError(f"{listed}: no photographs or videos found; PNG, JPEG, TIFF or MP4")
    lengths = {digest: _length(file) for digest, file in found.items()}
    looks = {digest: _looks(file, lengths[digest]) for digest, file in found.items()}
    family = families(looks)
    return [
        Source(str(file), digest, family[digest], lengths[digest]) for digest, file in found.items()
    ]


def families(looks: Mapping[str, npt.NDArray[np.bool_]]) -> dict[str, str]:
    """The family of each source, named by its smallest member.

    Args:
        looks: by digest, the signs of each of a source's pictures, (n, 256).
    """
    names = sorted(looks)
    owners = np.repeat(np.arange(len(names)), [len(looks[name]) for name in names])
    signs = np.concatenate([looks[name] for name in names])
    head = list(range(len(names)))

    def first(member: int) -> int:
        while head[member] != member:
            member = head[member]
        return member

    for i in range(len(signs)):
        alike = (signs[i + 1 :] != signs[i]).mean(axis=1) < _ALIKE
        for other in owners[i + 1 :][alike]:
            ends = sorted((first(int(owners[i])), first(int(other))))
            head[ends[1]] = ends[0]
    return {name: names[first(i)] for i, name in enumerate(names)}


def _is_source(path: Path, beside: Path | None) -> bool:
    if beside is not None and path.absolute().is_relative_to(beside.absolute()):
        return False
    known = is_picture(path) or path.suffix.lower() in VIDEO_SOURCES
    return known and path.is_file() and not path.name.startswith(".")


def _length(path: Path) -> int:
    return 1 if is_picture(path) else count_frames(path)


def _looks(path: Path, frames: int) -> npt.NDArray[np.bool_]:
    """The signs of a photograph, or of two frames of a video."""
    if is_picture(path):
        picture = read_picture(path)
        if min(picture.shape[:2]) < MIN_SIDE:
            raise FileError(
                f"{path} is {picture.shape[1]}x{picture.shape[0]}; "
                f"leave out photographs below {MIN_SIDE} pixels a side"
            )
        return _signs(picture)[None]
    wanted = {0, min(frames // 2, 50)}
    seen = islice(video_frames(path), max(wanted) + 1)
    return np.stack([_signs(picture) for i, picture in enumerate(seen) if i in wanted])


def _signs(picture: Picture) -> npt.NDArray[np.bool_]:
    gray = Image.fromarray(as_levels(picture)).convert("L")
    small = gray.resize((_SIDE + 1, _SIDE), Image.Resampling.BOX)
    levels = np.asarray(small, np.int16)
    return np.asarray(levels[:, 1:] > levels[:, :-1]).ravel()
