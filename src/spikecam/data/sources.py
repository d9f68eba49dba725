"""Photographs and videos as sources of a data set, grouped by near-duplicates.

Two sources are near-duplicates when the difference hashes of their pictures agree for all but a few
bits: the signs of the differences between neighbours in a thumbnail of 17 x 16 gray pixels. Copies
in another size or format, light crops and neighbouring frames of a video are found that way, and
groups are the connected components, so that a folder of a video's frames is one family. Of 203
photographs no two are as alike. A video has the hashes of its first frame and of one near its
middle. What is not found: the same thing photographed from elsewhere, and videos of one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from spikecam.errors import FileError
from spikecam.io.digest import file_digest
from spikecam.io.pictures import is_picture, quantize_to_levels, read_picture
from spikecam.io.video import VIDEO_SOURCES, count_frames, video_frames
from spikecam.picture import Picture
from spikecam.scenes.motion import MIN_SIDE

# Share of bits in which near-duplicates differ: at least 0.22 between two photographs, at most 0.1
# between neighbouring frames.
_MAX_HASH_DISTANCE = 0.18
_HASH_SIDE = 16


@dataclass(frozen=True)
class Source:
    """A photograph or video from which scenes are made.

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


def find_sources(
    paths: Iterable[str | Path], *, excluded_folder: Path | None = None
) -> list[Source]:
    """Find the usable photographs and videos among files and folders, without duplicates.

    Of files with the same bytes only the first counts.

    Args:
        paths: files and folders; folders are searched to the bottom.
        excluded_folder: a folder that is not searched, that of the data set itself.

    Raises:
        FileError: a path does not exist, a source cannot be read or is too small, or nothing is
            found.
    """
    given_paths = [Path(path) for path in paths]
    files: list[Path] = []
    for path in given_paths:
        if path.is_dir():
            files += [f for f in sorted(path.rglob("*")) if _is_source(f, excluded_folder)]
        elif path.exists() and _is_source(path, None):
            files.append(path)
        else:
            why = "is neither a picture nor a video" if path.exists() else "does not exist"
            raise FileError(f"{path} {why}; name photographs, videos, or folders of them")
    file_of_digest: dict[str, Path] = {}
    for file in files:
        file_of_digest.setdefault(file_digest(file), file)
    if not file_of_digest:
        listed = ", ".join(map(str, given_paths))
        raise FileError(f"{listed}: no photographs or videos found; PNG, JPEG, TIFF or MP4")
    frame_counts = {digest: _frame_count(file) for digest, file in file_of_digest.items()}
    hashes = {
        digest: _difference_hashes(file, frame_counts[digest])
        for digest, file in file_of_digest.items()
    }
    family = near_duplicate_group_by_digest(hashes)
    return [
        Source(str(file), digest, family[digest], frame_counts[digest])
        for digest, file in file_of_digest.items()
    ]


def near_duplicate_group_by_digest(
    hashes_by_digest: Mapping[str, npt.NDArray[np.bool_]],
) -> dict[str, str]:
    """Group of near-duplicates of each source, by its digest.

    A group is called by the smallest digest of its sources.

    Args:
        hashes_by_digest: by digest, the difference hashes of each of a source's pictures, (n, 256).
    """
    names = sorted(hashes_by_digest)
    owners = np.repeat(np.arange(len(names)), [len(hashes_by_digest[name]) for name in names])
    signs = np.concatenate([hashes_by_digest[name] for name in names])
    # Each hash with all others that are nearly the same, itself among them.
    matches = [np.flatnonzero((signs != sign).mean(axis=1) < _MAX_HASH_DISTANCE) for sign in signs]
    rows = np.repeat(owners, [len(match) for match in matches])
    columns = owners[np.concatenate(matches)]
    size = (len(names), len(names))
    graph = coo_matrix((np.ones(len(rows), np.bool_), (rows, columns)), size)
    _, group = connected_components(graph, directed=False)
    # Names are sorted: the first member of a group is its smallest.
    _, first = np.unique(group, return_index=True)
    return {name: names[first[label]] for name, label in zip(names, group, strict=True)}


def _is_source(path: Path, excluded_folder: Path | None) -> bool:
    if excluded_folder is not None and path.absolute().is_relative_to(excluded_folder.absolute()):
        return False
    known = is_picture(path) or path.suffix.lower() in VIDEO_SOURCES
    return known and path.is_file() and not path.name.startswith(".")


def _frame_count(path: Path) -> int:
    return 1 if is_picture(path) else count_frames(path)


def _difference_hashes(path: Path, frame_count: int) -> npt.NDArray[np.bool_]:
    """Difference hashes (n, 256) of a photograph or of frames of a video.

    A video gives those of two frames.
    """
    if is_picture(path):
        picture = read_picture(path)
        if min(picture.shape[:2]) < MIN_SIDE:
            raise FileError(
                f"{path} is {picture.shape[1]}x{picture.shape[0]}; "
                f"leave out photographs below {MIN_SIDE} pixels a side"
            )
        return _difference_hash(picture)[None]
    frame_indices = {0, min(frame_count // 2, 50)}
    seen = islice(video_frames(path), max(frame_indices) + 1)
    return np.stack(
        [_difference_hash(picture) for i, picture in enumerate(seen) if i in frame_indices]
    )


def _difference_hash(picture: Picture) -> npt.NDArray[np.bool_]:
    gray = Image.fromarray(quantize_to_levels(picture)).convert("L")
    small = gray.resize((_HASH_SIDE + 1, _HASH_SIDE), Image.Resampling.BOX)
    levels = np.asarray(small, np.int16)
    return np.asarray(levels[:, 1:] > levels[:, :-1]).ravel()
