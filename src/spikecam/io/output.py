"""Outputs for pictures: files, videos, folders, archives, stores and bags, checked before work."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy.typing as npt

from spikecam.errors import OptionError, OutputError
from spikecam.io.atomic import check_output_folder, keeping_existing_file
from spikecam.io.exr import EXR, check_exr_package, is_exr
from spikecam.io.folder import (
    ARCHIVES,
    is_existing_picture,
    write_picture_archive,
    write_picture_folder,
)
from spikecam.io.hdr import HDR_PICTURES, TIFF_WHITE, check_hdr_path, white_level, write_hdr_picture
from spikecam.io.paths import NO_STANDARD_OUTPUT, PathLike, check_may_overwrite, check_not_input
from spikecam.io.picture_store import (
    STORES,
    is_store_entry,
    require_store_packages,
    write_picture_store,
)
from spikecam.io.pictures import PICTURES, check_bit_depth, write_picture
from spikecam.io.recording_format import is_recording
from spikecam.io.remote_address import RemoteAddress
from spikecam.io.ros_bag import ROS_BAG, check_ros_bag_output, is_existing_bag_file, write_ros_bag
from spikecam.io.video import VIDEOS, check_video_output, write_video

Kind = Literal["picture", "video", "folder", "archive", "store", "bag"]

DEFAULT_FPS = 30.0
_NOT_WRITTEN = (".avi", ".mov", ".mkv", ".webm", ".bmp", ".webp", ".jp2", ".npy")
# Outputs that are folders, with what tells whether an entry is of an output of that kind.
_OWN_FILES = {
    "folder": is_existing_picture,
    "store": is_store_entry,
    "bag": is_existing_bag_file,
}
# What looks like a file's ending: `a.pgn` does, `run.1` and `2024.05.01` do not.
_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,7}")


@dataclass(frozen=True)
class Output:
    """A place for pictures, checked by `open_output`; `write` writes them all at once.

    Attributes:
        path: where the pictures go.
        kind: "picture", "video", "folder", "archive", "store" or "bag".
        fps: pictures per second of a video or a bag.
        bits: bits a channel of picture files, 8 or 16.
        overwrite: as for `open_output`.
        hdr: whether the pictures are linear light that may be above white.
    """

    path: Path
    kind: Kind
    fps: float = DEFAULT_FPS
    bits: int = 8
    overwrite: bool | None = None
    hdr: bool = False

    @property
    def white_level(self) -> float:
        """Value of the photograph's white in files of linear light."""
        return white_level(self.path if self.kind == "picture" else self.path / f"000{EXR}")

    @property
    def scale_note(self) -> str:
        """What the values of files of linear light stand for, in words; empty for others."""
        if not self.hdr:
            return ""
        if self.white_level == 1:
            return "linear light; 1 is the white of the photograph"
        return f"linear light; the highest level is {TIFF_WHITE:g} x white of the photograph"

    def write(
        self, pictures: Iterable[npt.ArrayLike], frame_indices: Sequence[int] | None = None
    ) -> None:
        """Write pictures as they come. The output appears when all of them are written.

        Args:
            pictures: (H, W) or (H, W, 3) each, floats in [0, 1] or uint8, or for ``hdr`` floats
                from 0; exactly one where ``kind`` is "picture".
            frame_indices: numbers that the files of a folder or an archive are named by; from 0
                where they are not given.

        Raises:
            OptionError: no pictures, several for one file, pictures of different sizes in a video,
                values outside [0, 1], or numbers that are too few, negative or repeated.
            OutputError: the output cannot be written, or was made by another program since it was
                checked and is not to be replaced.
        """
        with keeping_existing_file(self.path) if self.overwrite is False else nullcontext():
            self._write(pictures, frame_indices)

    def _write(
        self, pictures: Iterable[npt.ArrayLike], frame_indices: Sequence[int] | None
    ) -> None:
        match self.kind:
            case "picture" if self.hdr:
                write_hdr_picture(self.path, _only_picture(pictures, self.path))
            case "picture":
                write_picture(self.path, _only_picture(pictures, self.path), bits=self.bits)
            case "video":
                write_video(self.path, pictures, fps=self.fps)
            case "bag":
                write_ros_bag(
                    self.path,
                    pictures,
                    fps=self.fps,
                    bits=self.bits,
                    overwrite=bool(self.overwrite),
                )
            case "archive":
                write_picture_archive(self.path, pictures, frame_indices, bits=self.bits)
            case "store":
                write_picture_store(
                    self.path, pictures, frame_indices, overwrite=bool(self.overwrite)
                )
            case "folder":
                write_picture_folder(
                    self.path,
                    pictures,
                    frame_indices,
                    bits=self.bits,
                    hdr=self.hdr,
                    overwrite=bool(self.overwrite),
                )


def open_output(
    path: PathLike,
    *,
    fps: float | None = None,
    bits: int | None = None,
    overwrite: bool | None = None,
    inputs: Iterable[PathLike | RemoteAddress] = (),
    count: int | None = None,
    hdr: bool = False,
) -> Output:
    """Check an output path for pictures before any work, and return it as an `Output`.

    ``.png``, ``.jpg`` and ``.tiff`` are one picture, ``.mp4`` and ``.gif`` a video, ``.zip`` an
    archive of PNG files, ``.zarr`` a store of values as they are, ``.rosbag`` a bag of ROS 2, which
    is a folder; a name without another ending, or one that ends in ``/``, is a folder of PNG files.
    Nothing is created before `Output.write`.

    Args:
        path: the output.
        fps: pictures per second of a video or a bag, 30 where it is not given.
        bits: bits a channel of pictures, 8 or 16; 8 where it is not given.
        overwrite: True replaces a file, and a folder or store that holds nothing but pictures;
            False refuses all where they exist; None, the default, replaces files alone.
        inputs: files and folders that the pictures are made of, which are never replaced.
        count: how many pictures there will be, where it is known.
        hdr: the pictures are linear light, in which 1 is white and more is brighter: ``.exr``
            holds it as it is, ``.tiff`` in 16 bits whose highest level is 4 x white, and a folder
            as ``.exr`` files; nothing else holds it.

    Raises:
        OptionError: a speed or a number of bits that the format does not have, or a speed for
            anything but a video or a bag.
        OutputError: an unknown ending, an input, a place that is in use or cannot be written, or
            one picture file for several pictures.
        SpikecamError: OpenEXR files or a store, and the package that writes them is not installed.
    """
    kind = output_kind(path, hdr=hdr)
    if kind == "store":
        require_store_packages()
        if bits is not None:
            raise OptionError(f"{path} holds values as they are, of 32 bits; leave the bits out")
    if hdr and bits is not None:
        raise OptionError(
            "linear light is written with 32 bits a channel in .exr and with 16 in .tiff; leave "
            "the bits out"
        )
    bits = 8 if bits is None else bits
    output = Output(Path(path), kind, DEFAULT_FPS if fps is None else fps, bits, overwrite, hdr)
    path = output.path
    is_own = _OWN_FILES.get(kind)
    if is_own is not None:
        check_output_folder(path, is_replaceable=is_own if overwrite else None)
    check_not_input(path, inputs)
    if kind == "picture" and count not in (None, 1):
        raise OutputError(
            f"{path} is one picture, and {count} frames were asked for; name a folder or a video"
        )
    if is_own is None:
        check_may_overwrite(path, overwrite)
    if kind == "video":
        check_video_output(path, output.fps)
        if bits != 8:
            raise OptionError("video has 8 bits a channel; write a folder of PNG files for 16")
        return output
    if kind == "bag":
        check_ros_bag_output(output.fps)
    if not hdr:
        check_bit_depth(path if kind == "picture" else path / "000.png", bits)
    if fps is not None and kind != "bag":
        raise OptionError(f"frames per second go with a video or a bag, and {path} is a {kind}")
    return output


def output_kind(path: PathLike, *, hdr: bool = False) -> Kind:
    """Kind of output by its path: "picture", "video", "archive", "store", "bag" or "folder".

    Args:
        path: the output.
        hdr: it is for linear light, which only ``.exr``, ``.tiff`` and folders hold.

    Raises:
        OutputError: an ending that is not written, or no name at all.
        SpikecamError: OpenEXR files, and the package that writes them is not installed.
    """
    kind = _kind_by_ending(path)
    if hdr and kind == "folder":
        check_exr_package()
    elif hdr:
        check_hdr_path(Path(path))
    elif kind == "picture" and is_exr(path):
        raise OutputError(
            f"{path}: OpenEXR is for linear light with what is above white, which spikecam deblur "
            f"writes with --hdr; write {Path(path).stem}.png without"
        )
    return kind


def _kind_by_ending(path: PathLike) -> Kind:
    text = os.fspath(path)
    if not text:
        raise OutputError("the name of the output is empty; name a file or a folder")
    if text == "-":
        raise OutputError(NO_STANDARD_OUTPUT)
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in STORES and not text.endswith(("/", os.sep)):
        return "store"
    if suffix == ROS_BAG:
        return "bag"
    if text.endswith(("/", os.sep)) or os.path.isdir(path):
        return "folder"
    if suffix in PICTURES or suffix in HDR_PICTURES:
        return "picture"
    if suffix in VIDEOS:
        return "video"
    if suffix in ARCHIVES:
        return "archive"
    if suffix in _NOT_WRITTEN or is_recording(path) or _ENDING.fullmatch(suffix):
        endings = ", ".join((*PICTURES, *VIDEOS, *ARCHIVES, *STORES, ROS_BAG))
        raise OutputError(
            f"{path}: pictures are not written as {suffix}; known endings: {endings}; "
            f"a folder has no ending, or ends in / as in {path}/"
        )
    return "folder"


def _only_picture(pictures: Iterable[npt.ArrayLike], path: Path) -> npt.ArrayLike:
    first = list(islice(pictures, 2))
    if len(first) != 1:
        number = "several" if first else "no"
        raise OptionError(f"{path} takes one picture, and there are {number} pictures to write")
    return first[0]
