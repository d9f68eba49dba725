"""Pictures to score, from arrays or files, and which belongs to which."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from glob import glob
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError, OptionError
from spikecam.io.paths import existing_file
from spikecam.io.pictures import PICTURES, is_picture, read_picture
from spikecam.io.video import count_frames, video_frames

# A picture, several, or where they are.
Pictures = npt.ArrayLike | Iterable[npt.ArrayLike] | str | os.PathLike[str]
Named = tuple[str, Any]


def single(pictures: Pictures) -> Iterator[Named]:
    """Pictures with the names of their frames: of a file, its name; else the number, from 0."""
    files = _files(pictures)
    if files is not None:
        yield from ((path.stem, read_picture(path)) for path in files)
    elif isinstance(pictures, (str, os.PathLike)):
        yield from _numbered(video_frames(pictures))
    else:
        yield from _numbered(_arrays(pictures))


def paired(result: Pictures, truth: Pictures) -> Iterator[tuple[str, Any, Any]]:
    """Each picture of a result with its truth.

    Of two folders, the pictures whose names end in the same number belong together (``020.png``
    and ``sharp_020.png``), or those of the same name where numbers do not tell them apart;
    anything else goes by its order.

    Yields:
        The frame's name, the picture, and its truth.

    Raises:
        FileError: something is missing, empty, or on one side alone; before anything is read where
            files can be counted.
    """
    files = [_files(result), _files(truth)]
    if files[0] is not None and files[1] is not None:
        yield from _matched(result, truth, files[0], files[1])
        return
    lengths = [count_pictures(result), count_pictures(truth)]
    if None not in lengths and lengths[0] != lengths[1]:
        raise _uneven(result, truth, f"{lengths[0]} and {lengths[1]}")
    for number, (one, other) in enumerate(zip_longest(single(result), single(truth)), 1):
        if one is None or other is None:
            raise _uneven(result, truth, f"{number - 1} on one side and more on the other")
        yield one[0], one[1], other[1]


def called(pictures: Pictures, name: str) -> str:
    """What to call pictures in a message: their path, else ``name``."""
    return str(pictures) if isinstance(pictures, (str, os.PathLike)) else name


def _matched(
    result: Pictures, truth: Pictures, ours: Sequence[Path], theirs: Sequence[Path]
) -> Iterator[tuple[str, Any, Any]]:
    # Named one by one, and not by a folder or pattern that has but one.
    if all(Path(side).is_file() for side in (result, truth)):  # type: ignore[arg-type]
        yield ours[0].stem, read_picture(ours[0]), read_picture(theirs[0])
        return
    same = {path.stem for path in ours} == {path.stem for path in theirs}
    keys = _keys(result, ours, same), _keys(truth, theirs, same)
    lone = [[key for key in keys[i] if key not in keys[1 - i]] for i in (0, 1)]
    if lone[0] or lone[1]:
        said = [
            f"{', '.join(missing[:5])}{f' and {len(missing) - 5} more' if missing[5:] else ''} "
            f"only in {where}"
            for missing, where in zip(lone, (result, truth), strict=True)
            if missing
        ]
        raise FileError(
            f"frames without a partner: {'; '.join(said)}; frames belong together by the number at "
            "the end of their names; name those to score by a pattern such as 'FOLDER/sharp_*.png'"
        )
    for key, path in keys[0].items():
        yield key, read_picture(path), read_picture(keys[1][key])


def _keys(where: Pictures, files: Sequence[Path], same: bool) -> dict[str, Path]:
    """Files by the number at the end of their names; by name, where some have none.

    By name also where numbers come twice, if the names are the ``same`` on both sides.
    """
    names = [path.stem for path in files]
    found = [re.search(r"(\d+)$", name) for name in names]
    numbers = [str(int(number[1])) for number in found if number]
    if len(numbers) == len(names) and not (same and len(set(numbers)) < len(numbers)):
        names = numbers
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise FileError(
            f"{called(where, 'a folder')} has several pictures of frame {twice[0]}; name those to "
            "score by a pattern such as 'FOLDER/sharp_*.png'"
        )
    return dict(zip(names, files, strict=True))


def _files(pictures: Pictures) -> list[Path] | None:
    """The files of pictures that are named one by one; None for videos and arrays."""
    if not isinstance(pictures, (str, os.PathLike)):
        return None
    path = Path(pictures)
    if path.is_dir():
        found = [p for p in path.iterdir() if is_picture(p) and not p.name.startswith(".")]
    elif not path.exists() and "*" in path.name:
        found = [p for p in map(Path, glob(str(path))) if is_picture(p)]
    else:
        return [existing_file(path)] if is_picture(path) else None
    if not found:
        raise FileError(f"{path} holds no pictures; expected {', '.join(PICTURES)}")
    return sorted(found, key=lambda p: (len(p.stem), p.stem))


def count_pictures(pictures: Pictures) -> int | None:
    """How many pictures there are; None where that is not known beforehand."""
    files = _files(pictures)
    if files is not None:
        return len(files)
    if isinstance(pictures, (str, os.PathLike)):
        return count_frames(pictures)
    if isinstance(pictures, np.ndarray):
        return sum(1 for _ in _arrays(pictures))
    return len(pictures) if isinstance(pictures, Sequence) else None


def _arrays(pictures: Any) -> Iterator[Any]:
    """An array as one picture where it is one, else whatever comes one by one."""
    if not isinstance(pictures, Iterable):
        raise OptionError(f"pictures are arrays or paths, not {pictures!r}")
    if isinstance(pictures, np.ndarray):
        if pictures.ndim == 2 or (pictures.ndim == 3 and pictures.shape[2] == 3):
            pictures = [pictures]
        elif pictures.ndim not in (3, 4):
            raise OptionError(
                "pictures are arrays (height, width[, 3]) or (frames, height, width[, 3]), not "
                f"{pictures.shape}"
            )
    yield from pictures


def _numbered(pictures: Iterable[Any]) -> Iterator[Named]:
    return ((str(number), picture) for number, picture in enumerate(pictures))


def _uneven(result: Pictures, truth: Pictures, counts: str) -> FileError:
    return FileError(
        f"{called(result, 'the result')} and {called(truth, 'the truth')} have different numbers "
        f"of frames, {counts}; score the same frames of both"
    )
