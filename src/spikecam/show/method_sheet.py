"""Sheet of pictures of one frame in a grid, each with its caption."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from spikecam.errors import OptionError
from spikecam.io.pictures import quantize_to_levels
from spikecam.picture import Picture

_MARGIN_PIXELS, _CAPTION_PIXELS, _FONT_PIXELS = 12, 30, 17
_BACKGROUND, _EMPTY, _TEXT_COLOUR = (250, 250, 248), (224, 224, 220), (40, 40, 40)
# Mean width of a letter by the height of the font.
_LETTER_WIDTH = 0.55


def method_sheet(
    pictures: Sequence[Picture | str],
    captions: Sequence[str],
    *,
    shape: tuple[int, int],
    width: int = 1600,
) -> npt.NDArray[np.float32]:
    """Lay out pictures of one frame in a grid, with captions.

    Args:
        pictures: (H, W) or (H, W, 3) in [0, 1], as they are shown; a text stands in the place of
            one that is missing.
        captions: of each.
        shape: height and width of the pictures.
        width: of the sheet in pixels.

    Returns:
        The sheet, float32 RGB in [0, 1].

    Raises:
        OptionError: no pictures, or another number of captions.
    """
    if not 0 < len(pictures) == len(captions):
        raise OptionError(
            f"a sheet needs pictures and a caption each, not {len(pictures)} and {len(captions)}"
        )
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    cell_width = max(1, (width - _MARGIN_PIXELS * (columns + 1)) // columns)
    cell_height = max(1, round(cell_width * shape[0] / shape[1]))
    step = cell_height + _CAPTION_PIXELS + _MARGIN_PIXELS
    sheet = Image.new("RGB", (width, rows * step + _MARGIN_PIXELS), _BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT_PIXELS)
    for index, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        left = _MARGIN_PIXELS + index % columns * (cell_width + _MARGIN_PIXELS)
        top = _MARGIN_PIXELS + index // columns * step
        if isinstance(picture, str):
            draw.rectangle((left, top, left + cell_width - 1, top + cell_height - 1), fill=_EMPTY)
            letters = max(
                1, int((cell_width - 2 * _MARGIN_PIXELS) / (_LETTER_WIDTH * _FONT_PIXELS))
            )
            lines = "\n".join(textwrap.wrap(picture, letters))
            place = (left + _MARGIN_PIXELS, top + _MARGIN_PIXELS)
            draw.multiline_text(place, lines, fill=_TEXT_COLOUR, font=font)
        else:
            image = Image.fromarray(quantize_to_levels(picture)).convert("RGB")
            larger = cell_width >= image.width
            resampling = Image.Resampling.BICUBIC if larger else Image.Resampling.LANCZOS
            sheet.paste(image.resize((cell_width, cell_height), resampling), (left, top))
        draw.text((left, top + cell_height + 6), caption, fill=_TEXT_COLOUR, font=font)
    return np.asarray(sheet, np.float32) / np.float32(255)
