"""Pictures as the PNG files that pages show."""

from __future__ import annotations

import numpy.typing as npt

from spikecam.io.pictures import encode_picture

# Browser and server are usually one machine: speed matters more than size.
_COMPRESSION = 1


def encode_png(picture: npt.ArrayLike) -> bytes:
    """Encode a picture (H, W) or (H, W, 3) in [0, 1] as the bytes of a PNG file."""
    return encode_picture(picture, "png", compression=_COMPRESSION)
