"""Reading of pictures to score from arrays or files, and pairing of results with their truth."""

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
from spikecam.io.exr import is_exr
from spikecam.io.paths import check_existing_file
from spikecam.io.pictures import PICTURES, is_picture, read_picture
from spikecam.io.recording_format import is_recording
from spikecam.io.video import count_frames, video_frames

# A picture, several, or where they are.
Pictures = npt.ArrayLike | Iterable[npt.ArrayLike] | str | os.PathLike[str]
NamedPicture = tuple[str, Any]


def iter_named_pictures(pictures: Pictures) -> Iterator[NamedPicture]:
    """Yield pictures with their names: of the file without suffix, else the number from 0."""
    files = _list_picture_files_or_none(pictures)
    if files is not None:
        yield from ((path.stem, read_picture(path)) for path in files)
    elif isinstance(pictures, (str, os.PathLike)):
        yield from _number_pictures(video_frames(pictures))
    else:
        yield from _number_pictures(_iter_pictures(pictures))


def iter_picture_pairs(result: Pictures, truth: Pictures) -> Iterator[tuple[str, Any, Any]]:
    """Yield each picture of a result with its name and its truth.

    Of two folders, the pictures whose names end in the same number belong together (``020.png``
    and ``sharp_020.png``), or those of the same name where numbers do not tell them apart;
    anything else goes by its order.

    Yields:
        The frame's name, the picture, and its truth.

    Raises:
        FileError: something is missing, empty, or on one side alone; before anything is read where
            files can be counted.
    """
    files = [_list_picture_files_or_none(result), _list_picture_files_or_none(truth)]
    if files[0] is not None and files[1] is not None:
        yield from _pair_files(result, truth, files[0], files[1])
        return
    counts = [count_pictures(result), count_pictures(truth)]
    if None not in counts and counts[0] != counts[1]:
        raise _count_mismatch(result, truth, f"{counts[0]} and {counts[1]}")
    for number, (one, other) in enumerate(
        zip_longest(iter_named_pictures(result), iter_named_pictures(truth)), 1
    ):
        if one is None or other is None:
            raise _count_mismatch(result, truth, f"{number - 1} on one side and more on the other")
        yield one[0], one[1], other[1]


def describe_source(pictures: Pictures, default_name: str) -> str:
    """Describe pictures in a message: by their path, else by a default name."""
    return str(pictures) if isinstance(pictures, (str, os.PathLike)) else default_name


def _pair_files(
    result: Pictures, truth: Pictures, result_files: Sequence[Path], truth_files: Sequence[Path]
) -> Iterator[tuple[str, Any, Any]]:
    # Named one by one, and not by a folder or pattern that has but one.
    if all(Path(side).is_file() for side in (result, truth)):  # type: ignore[arg-type]
        yield result_files[0].stem, read_picture(result_files[0]), read_picture(truth_files[0])
        return
    same_names = {path.stem for path in result_files} == {path.stem for path in truth_files}
    keys = (
        _files_by_frame_number(result, result_files, same_names),
        _files_by_frame_number(truth, truth_files, same_names),
    )
    unpaired = [[key for key in keys[i] if key not in keys[1 - i]] for i in (0, 1)]
    if unpaired[0] or unpaired[1]:
        problems = [
            f"{', '.join(keys[:5])}{f' and {len(keys) - 5} more' if keys[5:] else ''} "
            f"only in {where}"
            for keys, where in zip(unpaired, (result, truth), strict=True)
            if keys
        ]
        raise FileError(
            f"frames without a partner: {'; '.join(problems)}; frames belong together by the "
            "number at the end of their names; name those to score by a pattern such as "
            "'FOLDER/sharp_*.png'"
        )
    for key, path in keys[0].items():
        yield key, read_picture(path), read_picture(keys[1][key])


def _files_by_frame_number(
    source: Pictures, files: Sequence[Path], same_names: bool
) -> dict[str, Path]:
    """Files by the frame number at the end of their names.

    By the whole name where some have no number, and where numbers come twice while the names are
    the ``same_names`` on both sides.
    """
    names = [path.stem for path in files]
    numbers_at_end = [re.search(r"(\d+)$", name) for name in names]
    numbers = [str(int(number[1])) for number in numbers_at_end if number]
    if len(numbers) == len(names) and not (same_names and len(set(numbers)) < len(numbers)):
        names = numbers
    duplicates = [name for name, count in Counter(names).items() if count > 1]
    if duplicates:
        raise FileError(
            f"{describe_source(source, 'a folder')} has several pictures of frame {duplicates[0]}; "
            "name those to score by a pattern such as 'FOLDER/sharp_*.png'"
        )
    return dict(zip(names, files, strict=True))


def _list_picture_files_or_none(pictures: Pictures) -> list[Path] | None:
    """List the picture files of a path, folder or pattern.

    None stands for videos and arrays.
    """
    if not isinstance(pictures, (str, os.PathLike)):
        return None
    path = Path(pictures)
    if is_exr(path) and not path.is_dir():
        raise FileError(
            f"{path} holds linear light, and scores are of pictures in [0, 1]; deblur without --hdr"
        )
    if is_recording(path) and not path.is_dir():
        check_existing_file(path)
        raise FileError(
            f"{path} is a recording; make pictures of it with spikecam reconstruct, and score those"
        )
    if path.is_dir():
        numbers_at_end = [p for p in path.iterdir() if is_picture(p) and not p.name.startswith(".")]
    elif not path.exists() and "*" in path.name:
        numbers_at_end = [p for p in map(Path, glob(str(path))) if is_picture(p)]
    else:
        return [check_existing_file(path)] if is_picture(path) else None
    if not numbers_at_end:
        raise FileError(f"{path} holds no pictures; expected {', '.join(PICTURES)}")
    return sorted(numbers_at_end, key=lambda p: (len(p.stem), p.stem))


def count_pictures(pictures: Pictures) -> int | None:
    """Count pictures.

    It is None for an iterator, which cannot tell.
    """
    files = _list_picture_files_or_none(pictures)
    if files is not None:
        return len(files)
    if isinstance(pictures, (str, os.PathLike)):
        return count_frames(pictures)
    if hasattr(pictures, "__array__"):
        return sum(1 for _ in _iter_pictures(pictures))
    return len(pictures) if isinstance(pictures, Sequence) else None


def _iter_pictures(pictures: Any) -> Iterator[Any]:
    """Yield the pictures of an array or tensor of one or several, or of an iterable."""
    if not isinstance(pictures, Iterable):
        raise OptionError(f"pictures are arrays or paths, not {pictures!r}")
    if hasattr(pictures, "__array__"):
        pictures = np.asarray(pictures)
        if pictures.ndim == 2 or (pictures.ndim == 3 and pictures.shape[2] == 3):
            pictures = [pictures]
        elif pictures.ndim not in (3, 4):
            raise OptionError(
                "pictures are arrays (height, width[, 3]) or (frames, height, width[, 3]), not "
                f"{pictures.shape}"
            )
    yield from pictures


def _number_pictures(pictures: Iterable[Any]) -> Iterator[NamedPicture]:
    return ((str(number), picture) for number, picture in enumerate(pictures))


def _count_mismatch(result: Pictures, truth: Pictures, counts: str) -> FileError:
    return FileError(
        f"{describe_source(result, 'the result')} and {describe_source(truth, 'the truth')} have "
        f"different numbers of frames, {counts}; score the same frames of both"
    )
