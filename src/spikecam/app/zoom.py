"""Zoom of a picture on the page: its scale, and the place in the middle."""

from __future__ import annotations

import math
from dataclasses import dataclass

MAX_SCALE = 64.0
_MIN_SCALE = 1 / 64


@dataclass(frozen=True)
class Zoom:
    """Zoom of a picture.

    Attributes:
        scale: CSS pixels for each pixel of the picture; 1 is 1:1.
        x, y: place of the picture in the middle, in its pixels from the top left.
    """

    scale: float
    x: float
    y: float

    def to_text(self) -> str:
        """The zoom as text for the address: ``8,120.5,90``."""
        return f"{self.scale:.4g},{self.x:.6g},{self.y:.6g}"

    @classmethod
    def from_text(cls, text: str) -> Zoom | None:
        """Read the text of an address; None where it is no zoom."""
        try:
            scale, x, y = map(float, text.split(","))
        except ValueError:
            return None
        if not (_MIN_SCALE <= scale <= MAX_SCALE and math.isfinite(x) and math.isfinite(y)):
            return None
        return cls(scale, x, y)
