"""Contact sheet: the blurry picture beside a sharp one, and the sharp sequence below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from spikecam.errors import OptionError
from spikecam.io.pictures import quantize_to_levels

_MARGIN_PIXELS, _CAPTION_PIXELS = 12, 30
_BACKGROUND, _TEXT_COLOUR = (250, 250, 248), (40, 40, 40)


def contact_sheet(
    blur: npt.ArrayLike, sharp: npt.ArrayLike, frame_indices: Sequence[int], *, width: int = 1600
) -> npt.NDArray[np.float32]:
    """Lay out a contact sheet: the blurry picture beside a sharp one, the sequence below.

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3) in [0, 1].
        sharp: the sharp pictures, (F, h, w[, 3]); the middle one is shown large.
        frame_indices: their frame numbers, for the captions.
        width: of the sheet in pixels.

    Returns:
        The sheet, float32 RGB in [0, 1].
    """
    pictures = [Image.fromarray(quantize_to_levels(p)).convert("RGB") for p in np.asarray(sharp)]
    if not 0 < len(pictures) == len(frame_indices) <= width // 40:
        raise OptionError(
            f"a sheet needs 1 to {width // 40} sharp pictures and a number each, not "
            f"{len(pictures)} and {len(frame_indices)}"
        )
    middle = len(pictures) // 2
    large = [
        (Image.fromarray(quantize_to_levels(blur)).convert("RGB"), "blurry picture"),
        (pictures[middle], f"sharp, frame {frame_indices[middle]}"),
    ]
    small = [(p, str(n)) for p, n in zip(pictures, frame_indices, strict=True)]
    strips = [_draw_row(row, width) for row in (large, small)]
    sheet = Image.new("RGB", (width, sum(s.height for s in strips) + _MARGIN_PIXELS), _BACKGROUND)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return np.asarray(sheet, np.float32) / np.float32(255)


def _draw_row(row: list[tuple[Image.Image, str]], width: int) -> Image.Image:
    cell_width = (width - _MARGIN_PIXELS * (len(row) + 1)) // len(row)
    height = round(cell_width * row[0][0].height / row[0][0].width)
    strip = Image.new("RGB", (width, height + _CAPTION_PIXELS + _MARGIN_PIXELS), _BACKGROUND)
    draw = ImageDraw.Draw(strip)
    for i, (picture, caption) in enumerate(row):
        left = _MARGIN_PIXELS + i * (cell_width + _MARGIN_PIXELS)
        strip.paste(
            picture.resize((cell_width, height), Image.Resampling.LANCZOS), (left, _MARGIN_PIXELS)
        )
        draw.text(
            (left, _MARGIN_PIXELS + height + 6),
            caption,
            fill=_TEXT_COLOUR,
            font=ImageFont.load_default(17),
        )
    return strip
