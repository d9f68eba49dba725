"""Pictures: PNG, JPEG and TIFF, 8 or 16 bit, to and from float32 in [0, 1]; OpenEXR is read."""

from __future__ import annotations

import os
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from spikecam.errors import FileError, OptionError
from spikecam.io.atomic import atomic_path
from spikecam.io.exr import exr_size, is_exr, read_exr
from spikecam.io.paths import check_existing_file
from spikecam.picture import Picture, check_picture

PictureFormat = Literal["png", "jpeg", "tiff"]
_FORMATS: dict[str, PictureFormat] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".tif": "tiff",
    ".tiff": "tiff",
}
PICTURES = tuple(_FORMATS)


def read_picture(path: str | os.PathLike[str], *, mirror: bool = False) -> Picture:
    """Read a picture, turned upright as its EXIF orientation says.

    Args:
        path: the file.
        mirror: then swap left and right, for a camera that looks through a beam splitter.

    Returns:
        float32 in [0, 1]; (H, W, 3) RGB, or (H, W) where the file is gray. An OpenEXR file is
        linear light from 0, which may be above 1.

    Raises:
        FileError: missing, not a picture, or partly transparent.
        SpikecamError: an OpenEXR file, and the package that reads it is not installed.
    """
    existing = check_existing_file(path)
    picture = read_exr(existing) if is_exr(path) else _read_upright(existing)
    return np.ascontiguousarray(picture[:, ::-1]) if mirror else picture


def _read_upright(path: Path) -> Picture:
    try:
        with Image.open(path) as image:
            mode = str(image.mode)
            _refuse_unsupported_image(path, image)
            # Pillow reads 16-bit colour as 8-bit; its raw mode tells that there is more.
            if mode == "RGB" and ";16" in str(image.tile):
                return _read_16_bit_colour(path, image.getexif().get(274, 1))
            upright = ImageOps.exif_transpose(image)
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise FileError(
            f"{path} is not a readable picture ({error}); expected PNG, JPEG or TIFF"
        ) from error
    if mode.startswith("I"):
        return np.asarray(upright, np.float32) / np.float32(65535)
    if "A" in mode or "transparency" in upright.info:
        if upright.convert("RGBA").getchannel("A").getextrema() != (255, 255):
            raise FileError(f"{path} is partly transparent; flatten it first")
        upright = upright.convert("L" if mode == "LA" else "RGB")
    if upright.mode not in ("L", "RGB"):
        upright = upright.convert("L" if mode == "1" else "RGB")
    return np.asarray(upright, np.float32) / np.float32(255)


def is_picture(path: str | os.PathLike[str]) -> bool:
    """Whether a path has the ending of a picture in [0, 1]; OpenEXR, linear light, is none."""
    return Path(path).suffix.lower() in PICTURES


def picture_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Height and width of a picture file, upright, without decoding it.

    Raises:
        FileError: missing, or not a picture.
        SpikecamError: an OpenEXR file, and the package that reads it is not installed.
    """
    path = check_existing_file(path)
    if is_exr(path):
        return exr_size(path)
    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(274, 1) >= 5
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise FileError(
            f"{path} is not a readable picture ({error}); expected PNG, JPEG or TIFF"
        ) from error
    return (width, height) if turned else (height, width)


def _refuse_unsupported_image(path: Path, image: Image.Image) -> None:
    """Refuse kinds of image files whose values would be read wrongly."""
    tags = getattr(image, "tag_v2", {})
    deep = max(tags.get(258, (8,))) > 8
    planar, white_is_zero = tags.get(284, 1) == 2, tags.get(262, 1) == 0
    if image.format == "TIFF" and getattr(image, "n_frames", 1) > 1:
        raise FileError(f"{path} holds {image.n_frames} pictures; save the one that is meant")  # type: ignore[attr-defined]
    if image.mode == "F" or (image.mode == "I" and image.format != "PNG"):
        kind = "32 bits a channel"
    elif deep and (planar or white_is_zero):
        kind = "16 bits in planes" if planar else "16 bits with white as 0"
    else:
        return
    raise FileError(f"{path} is a picture of {kind}; save it with 8 or 16 bits in the usual order")


def _read_16_bit_colour(path: Path, orientation: int) -> Picture:
    with path.open("rb") as file, av.open(file, "r") as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb48le")
    picture = frame.astype(np.float32) / np.float32(65535)
    if orientation in (2, 4, 5, 7):
        picture = picture[:, ::-1]
    turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.ascontiguousarray(np.rot90(picture, turns))


def quantize_to_levels(picture: npt.ArrayLike, bits: int = 8) -> npt.NDArray[np.uint8 | np.uint16]:
    """Quantize a picture in [0, 1] to whole levels. Bytes pass as they are.

    Args:
        picture: (H, W) or (H, W, 3), floats in [0, 1] or uint8.
        bits: bits a channel, 8 or 16.

    Raises:
        OptionError: another shape, NaN, or values outside [0, 1]: nothing is clipped here.
    """
    array = check_picture(picture)
    if array.dtype == np.uint8:
        return array if bits == 8 else array * np.uint16(257)
    levels = np.rint(array * np.float32(2**bits - 1))
    return levels.astype(np.uint16 if bits == 16 else np.uint8)


def check_bit_depth(path: Path, bits: int) -> None:
    """Refuse a number of bits a channel that the picture format of a path does not have.

    Raises:
        OptionError: it does not.
    """
    if bits not in (8, 16):
        raise OptionError(f"pictures have 8 or 16 bits a channel, not {bits}")
    if bits == 16 and path.suffix.lower() in (".jpg", ".jpeg"):
        raise OptionError(f"JPEG has 8 bits a channel; write {path.stem}.png for 16")


def write_picture(path: str | os.PathLike[str], picture: npt.ArrayLike, *, bits: int = 8) -> None:
    """Write a picture as PNG, JPEG (quality 95) or TIFF, by the path's ending.

    Args:
        path: where to; overwritten if it exists.
        picture: (H, W) or (H, W, 3), floats in [0, 1] or uint8.
        bits: bits a channel, 8, or 16 for PNG and TIFF.

    Raises:
        OptionError: values outside [0, 1], or a number of bits that the format does not have.
        OutputError: the file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in PICTURES:
        raise OptionError(f"{path} does not end like a picture; choose {', '.join(PICTURES)}")
    check_bit_depth(path, bits)
    try:
        content = encode_picture(picture, _FORMATS[suffix], bits=bits)
    except (OSError, ValueError) as error:
        raise OptionError(
            f"{path}: {_FORMATS[suffix]} does not take this picture ({error})"
        ) from error
    with atomic_path(path) as temporary:
        # Not by the encoder itself: not every one notices that the disk is full.
        temporary.write_bytes(content)


def encode_picture(
    picture: npt.ArrayLike,
    format: PictureFormat = "png",
    *,
    bits: int = 8,
    quality: int = 95,
    compression: int = 6,
) -> bytes:
    """Encode a picture to the bytes of a PNG, JPEG or TIFF file.

    Args:
        picture: (H, W) or (H, W, 3), floats in [0, 1] or uint8.
        format: "png", "jpeg" or "tiff".
        bits: bits a channel, 8, or 16 for PNG and TIFF.
        quality: of a JPEG file, 1 to 95; colours are kept at full resolution.
        compression: effort for a PNG file, 0 to 9.

    Raises:
        OptionError: as `quantize_to_levels`.
        OSError, ValueError: the format does not take a picture of this size.
    """
    levels = quantize_to_levels(picture, bits)
    if levels.dtype == np.uint16 and levels.ndim == 3:
        return _encode_16_bit_colour(levels, format)
    options: dict[PictureFormat, dict[str, Any]] = {
        "jpeg": {"quality": quality, "subsampling": 0},
        "png": {"compress_level": compression},
    }
    buffer = BytesIO()
    Image.fromarray(levels).save(buffer, format, **options.get(format, {}))
    return buffer.getvalue()


def _encode_16_bit_colour(levels: npt.NDArray[Any], codec: str) -> bytes:
    """Encode a 16-bit colour picture by FFmpeg, since Pillow cannot."""
    encoder: Any = av.CodecContext.create(codec, "w")
    encoder.height, encoder.width = levels.shape[:2]
    encoder.pix_fmt = "rgb48be" if codec == "png" else "rgb48le"
    encoder.time_base = Fraction(1, 1)
    frame = av.VideoFrame.from_ndarray(levels, format="rgb48le").reformat(format=encoder.pix_fmt)
    packets = encoder.encode(frame) + encoder.encode(None)
    return b"".join(bytes(packet) for packet in packets)
