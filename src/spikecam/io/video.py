"""Video: MP4, GIF and folders of numbered frames, a frame at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from spikecam.errors import FileError, OptionError, OutputError
from spikecam.io.atomic import atomic_path
from spikecam.io.paths import check_existing_file
from spikecam.io.pictures import PICTURES, quantize_to_levels, read_picture
from spikecam.picture import Picture

# What is written, and what else is read.
VIDEOS = (".mp4", ".gif")
VIDEO_SOURCES = (*VIDEOS, ".mov", ".m4v", ".mkv", ".avi", ".webm")


def video_frames(path: str | os.PathLike[str]) -> Iterator[Picture]:
    """Iterate over the frames of a video file or of a folder of numbered pictures.

    Yields:
        float32 in [0, 1]; (H, W, 3) RGB, or (H, W) for gray pictures in a folder.

    Raises:
        FileError: missing, not a video, damaged, or a folder without pictures.
    """
    path = Path(path)
    if path.is_dir():
        yield from map(read_picture, _pictures_in(path))
        return
    path = check_existing_file(path)
    count = 0
    try:
        with path.open("rb") as file, av.open(file, "r") as container:
            if not container.streams.video:
                raise FileError(f"{path} holds no video")
            stream = container.streams.video[0]
            # Otherwise FFmpeg fills damaged places with something, and says nothing.
            stream.codec_context.options = {"err_detect": "explode"}
            for frame in container.decode(stream):
                if frame.is_corrupt:
                    raise FileError(f"{path} is damaged at frame {count}; get it again")
                count += 1
                upright = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
                yield upright.astype(np.float32) / np.float32(255)
    except av.FFmpegError as error:
        reason = f"is damaged at about frame {count}" if count else "is not a readable video"
        raise FileError(f"{path} {reason} ({error.strerror}); get it again") from error


def _pictures_in(folder: Path) -> list[Path]:
    pictures = (f for f in folder.iterdir() if f.suffix.lower() in PICTURES)
    # Shorter names first: 1000.png follows 999.png.
    names = sorted(pictures, key=lambda f: (len(f.stem), f.stem))
    if not names:
        raise FileError(f"folder {folder} holds no pictures; expected PNG, JPEG or TIFF files")
    return names


def count_frames(path: str | os.PathLike[str]) -> int:
    """Count the frames of a video file or of a folder of pictures, without decoding them.

    Raises:
        FileError: as `video_frames`.
    """
    path = Path(path)
    if path.is_dir():
        return len(_pictures_in(path))
    path = check_existing_file(path)
    try:
        with path.open("rb") as file, av.open(file, "r") as container:
            if not container.streams.video:
                raise FileError(f"{path} holds no video")
            # Not what its header says: that may be wrong where a file was cut off.
            return sum(1 for packet in container.demux(video=0) if packet.size)
    except av.FFmpegError as error:
        raise FileError(f"{path} is not a readable video ({error.strerror})") from error


def read_video(path: str | os.PathLike[str]) -> Picture:
    """Read all frames of a video or folder at once, (T, H, W, 3), or (T, H, W) for gray."""
    return np.stack(list(video_frames(path)))


def write_video(
    path: str | os.PathLike[str], frames: Iterable[npt.ArrayLike], *, fps: float = 30
) -> None:
    """Write frames as MP4 (H.264) or GIF, one at a time.

    H.264 wants even sides: an odd one is made even by repeating the last row or column.

    Args:
        path: ends in ``.mp4`` or ``.gif``; overwritten if it exists.
        frames: pictures of one size, (H, W) or (H, W, 3), floats in [0, 1] or uint8.
        fps: frames per second shown.

    Raises:
        OptionError: no frames, frames of different sizes, or values outside [0, 1].
        OutputError: the file cannot be written.
    """
    path = Path(path)
    check_video_output(path, fps)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        first, levels = _first_and_all(frames)
        write = _write_gif if path.suffix.lower() == ".gif" else _write_mp4
        try:
            write(file, first.shape, levels, Fraction(fps).limit_denominator(1000))
        except av.FFmpegError as error:
            # What failed is the file, when FFmpeg's call back to it did.
            reason = getattr(error.__cause__ or error.__context__, "strerror", None)
            raise OutputError(
                f"cannot write {path}: {reason or error.strerror}; choose another place"
            ) from error


def check_video_output(path: Path, fps: float) -> None:
    """Refuse a video format that is not written, or frames per second that it does not have."""
    suffix = path.suffix.lower()
    if suffix not in VIDEOS:
        raise OptionError(f"{path} does not end like a video; choose {' or '.join(VIDEOS)}")
    fastest = 50 if suffix == ".gif" else 1000
    if not 0.01 <= fps <= fastest:
        raise OptionError(f"{suffix} shows 0.01 to {fastest} frames per second, not {fps:g}")


def _first_and_all(
    frames: Iterable[npt.ArrayLike],
) -> tuple[npt.NDArray[Any], Iterator[npt.NDArray[Any]]]:
    levels = (quantize_to_levels(frame) for frame in frames)
    first = next(levels, None)
    if first is None:
        raise OptionError("a video needs at least one frame")

    def same_size(frame: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if frame.shape != first.shape:
            raise OptionError(f"frames of a video differ in size: {first.shape} and {frame.shape}")
        return frame

    return first, map(same_size, chain([first], levels))


def _write_mp4(
    file: IO[bytes],
    shape: tuple[int, ...],
    levels: Iterator[npt.NDArray[Any]],
    fps: Fraction,
) -> None:
    import llvmlite.binding

    pad = [(0, shape[0] % 2), (0, shape[1] % 2), (0, 0)][: len(shape)]
    with av.open(file, "w", format="mp4") as container:
        # The same size and quality as the default preset, measured on reconstructions, in less than
        # half the time.
        options = {"crf": "16", "preset": "veryfast"}
        if llvmlite.binding.get_host_cpu_features().get("avx512f"):
            # With AVX-512, films of the same pictures differ from run to run in x264 (version 165).
            options["x264-params"] = "asm=avx2"
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.height, stream.width = shape[0] + pad[0][1], shape[1] + pad[1][1]
        stream.pix_fmt = "yuv420p"
        # Players assume BT.709 for large pictures and guess for small ones: say which it is.
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = 1
        context.color_range = ColorRange.MPEG
        for picture in levels:
            even = np.ascontiguousarray(np.pad(picture, pad, mode="edge"))
            container.mux(
                stream.encode(
                    _gray_to_yuv_frame(even) if even.ndim == 2 else _colour_video_frame(even)
                )
            )
        container.mux(stream.encode())


def _colour_video_frame(picture: npt.NDArray[np.uint8]) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
    )


def _gray_to_yuv_frame(picture: npt.NDArray[np.uint8]) -> av.VideoFrame:
    """Convert a gray picture to a YUV video frame. FFmpeg would round a colour plane off gray."""
    height, width = picture.shape
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = np.rint(16 + picture * (219 / 255))
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def _write_gif(
    file: IO[bytes],
    shape: tuple[int, ...],
    levels: Iterator[npt.NDArray[Any]],
    fps: Fraction,
) -> None:
    with av.open(file, "w", format="gif") as container:
        stream = container.add_stream("gif", rate=fps)
        stream.height, stream.width = shape[:2]
        stream.pix_fmt = "pal8"
        for picture in levels:
            # A palette a frame: FFmpeg's fixed one shows bands, and its best needs all frames.
            indexed = Image.fromarray(picture).quantize(256)
            colours = np.frombuffer(bytes(indexed.getpalette() or ()), np.uint8).reshape(-1, 3)
            palette = np.full((256, 4), 255, np.uint8)
            palette[: len(colours), 1:] = colours
            both: Any = (np.asarray(indexed), palette)
            frame = av.VideoFrame.from_ndarray(both, format="pal8")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
