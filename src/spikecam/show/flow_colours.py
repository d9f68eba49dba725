"""Optical flow for the eye: Middlebury's colour wheel, and arrows over a picture."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.io.pictures import quantize_to_levels
from spikecam.picture import Picture, as_colour

# The wheel of Baker et al., "A Database and Evaluation Methodology for Optical Flow" (IJCV 2011):
# red, yellow, green, cyan, blue, magenta and red again, at these of its 55 places.
_PLACES = np.array([0, 15, 21, 25, 36, 49, 55])
_COLOURS = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1], [1, 0, 0]])
# Pixels of a film with arrows: its longer side at least, and from an arrow to the next.
_FILM_SIDE_PIXELS, _ARROW_SPACING_PIXELS = 640, 24
_ARROW_WIDTH_PIXELS, _TIP_SHARE = 1, 0.3
# Motion from which on arrows have their full colour.
_COLOURED_PIXELS = 0.5
# Bits of fractions of a pixel with which OpenCV draws.
_FRACTION_BITS = 4


def flow_to_colours(flow: npt.ArrayLike, max_motion: float | None = None) -> Picture:
    """Picture of optical flow: hue is its direction, saturation its length.

    What stands still is white; motion to the right is red, down yellow, to the left cyan, and up
    blue to violet.

    Args:
        flow: (H, W, 2) in pixels, x before y.
        max_motion: pixels that have full colour, and more of them, too; by default the longest.

    Returns:
        float32 (H, W, 3) in [0, 1].

    Raises:
        OptionError: no flow, or a longest motion of 0 or less.

    >>> flow_to_colours([[[0, 0], [2, 0]]]).tolist()
    [[[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]]
    """
    field = _as_flow(flow)
    lengths = np.hypot(field[..., 0], field[..., 1])
    if max_motion is None:
        max_motion = float(lengths.max()) or 1.0
    if not 0 < max_motion < float("inf"):
        raise OptionError(f"the motion of full colour is above 0 pixels, not {max_motion:g}")
    angles = np.arctan2(field[..., 1], field[..., 0]) / (2 * np.pi) % 1
    hues = np.stack([np.interp(angles * 55, _PLACES, one) for one in _COLOURS.T], axis=-1)
    saturation = np.minimum(lengths / max_motion, 1)[..., None]
    return np.asarray(1 - saturation * (1 - hues), np.float32)


def draw_flow_arrows(picture: npt.ArrayLike, flow: npt.ArrayLike) -> Picture:
    """Draw optical flow over a picture, as arrows from a grid of pixels to where they move.

    The picture is enlarged a whole number of times where it is small. Arrows have the colours of
    `flow_to_colours`; where nothing moves they are white points.

    Args:
        picture: (H, W) or (H, W, 3) in [0, 1].
        flow: (H, W, 2) in pixels, x before y.

    Returns:
        float32 (h, w, 3) in [0, 1].

    Raises:
        OptionError: another size of the flow, or no picture.
    """
    field, levels = _as_flow(flow), as_colour(quantize_to_levels(picture))
    height, width = levels.shape[:2]
    if field.shape[:2] != (height, width):
        raise OptionError(
            f"the flow is of {field.shape[1]}x{field.shape[0]} pixels, and the picture of "
            f"{width}x{height}"
        )
    scale = -(-_FILM_SIDE_PIXELS // max(height, width))
    canvas = np.ascontiguousarray(
        cv2.resize(levels, (width * scale, height * scale), interpolation=cv2.INTER_NEAREST)
    )
    step = max(1, round(_ARROW_SPACING_PIXELS / scale))
    colours = 255 * flow_to_colours(field, max_motion=_COLOURED_PIXELS)
    for y in range(step // 2, height, step):
        for x in range(step // 2, width, step):
            start = (np.array([x, y]) + 0.5) * scale - 0.5
            ends = [
                [round(float(place) * 2**_FRACTION_BITS) for place in point]
                for point in (start, start + field[y, x] * scale)
            ]
            cv2.arrowedLine(
                canvas,
                ends[0],
                ends[1],
                [float(level) for level in colours[y, x]],
                thickness=_ARROW_WIDTH_PIXELS,
                line_type=cv2.LINE_AA,
                shift=_FRACTION_BITS,
                tipLength=_TIP_SHARE,
            )
    return np.asarray(canvas, np.float32) / np.float32(255)


def _as_flow(flow: npt.ArrayLike) -> npt.NDArray[np.float32]:
    field = np.asarray(flow, np.float32)
    if field.ndim != 3 or field.shape[2] != 2 or not field.size:
        raise OptionError(f"flow is an array (height, width, 2), not {field.shape}")
    return field
