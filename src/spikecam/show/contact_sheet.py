"""Contact sheet: the blurry picture beside a sharp one, and the sharp film below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from spikecam.errors import OptionError
from spikecam.io.pictures import as_levels

_MARGIN, _CAPTION = 12, 30
_PAPER, _INK = (250, 250, 248), (40, 40, 40)


def contact_sheet(
    blur: npt.ArrayLike, sharp: npt.ArrayLike, numbers: Sequence[int], *, width: int = 1600
) -> npt.NDArray[np.float32]:
    """Lay out a before/after sheet.

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3) in [0, 1].
        sharp: the sharp pictures, (F, h, w[, 3]); the middle one is shown large.
        numbers: their frame numbers, for the captions.
        width: of the sheet in pixels.

    Returns:
        The sheet, float32 RGB in [0, 1].
    """
    pictures = [Image.fromarray(as_levels(p)).convert("RGB") for p in np.asarray(sharp)]
    if not 0 < len(pictures) == len(numbers) <= width // 40:
        raise OptionError(
            f"a sheet needs 1 to {width // 40} sharp pictures and a number each, not "
            f"{len(pictures)} and {len(numbers)}"
        )
    middle = len(pictures) // 2
    large = [
        (Image.fromarray(as_levels(blur)).convert("RGB"), "blurry picture"),
        (pictures[middle], f"sharp, frame {numbers[middle]}"),
    ]
    small = [(p, str(n)) for p, n in zip(pictures, numbers, strict=True)]
    strips = [_strip(row, width) for row in (large, small)]
    sheet = Image.new("RGB", (width, sum(s.height for s in strips) + _MARGIN), _PAPER)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return np.asarray(sheet, np.float32) / np.float32(255)


def _strip(row: list[tuple[Image.Image, str]], width: int) -> Image.Image:
    each = (width - _MARGIN * (len(row) + 1)) // len(row)
    height = round(each * row[0][0].height / row[0][0].width)
    strip = Image.new("RGB", (width, height + _CAPTION + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(strip)
    for i, (picture, caption) in enumerate(row):
        left = _MARGIN + i * (each + _MARGIN)
        strip.paste(picture.resize((each, height), Image.Resampling.LANCZOS), (left, _MARGIN))
        draw.text((left, _MARGIN + height + 6), caption, fill=_INK, font=ImageFont.load_default(17))
    return strip
