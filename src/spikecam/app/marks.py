"""Marks over a picture, as SVG."""

from __future__ import annotations

from collections.abc import Sequence


def draw_marks(shapes: Sequence[str], colour: str) -> str:
    """Draw shapes in a colour with a dark edge, so that they are visible on any picture.

    Args:
        shapes: SVG elements without their brackets, such as ``rect x="1" ...``.
        colour: of the lines.
    """
    edges = "".join(f'<{shape} class="halo" />' for shape in shapes)
    return edges + "".join(f'<{shape} stroke="{colour}" />' for shape in shapes)
