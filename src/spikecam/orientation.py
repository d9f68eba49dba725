"""Orientation of a recording: frames flipped, then rotated, then cropped."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from spikecam.errors import OptionError, RangeError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Flip = Literal["vertical", "horizontal", "both"]
Crop = tuple[tuple[int, int], tuple[int, int]]
Scalar = TypeVar("Scalar", bound="np.generic")

ROTATIONS = (0, 90, 180, 270)
_CROP_TEXT = re.compile("([0-9]{0,15}):([0-9]{0,15}),([0-9]{0,15}):([0-9]{0,15})")


@dataclass(frozen=True)
class Orientation:
    """How the frames of a recording are turned: flipped first, then rotated, then cropped.

    Attributes:
        flip: "vertical" turns the order of the rows, "horizontal" that of the columns, "both"
            both.
        rotate: degrees by which frames are rotated clockwise: 0, 90, 180 or 270.
        crop: rows (top, bottom) and columns (left, right) that are kept, the ends not included,
            counted from the top left of frames that are flipped and rotated; or the text
            TOP:BOTTOM,LEFT:RIGHT, each end of which may be left out.

    Raises:
        OptionError: another word, another angle, or a crop of another form.

    >>> Orientation(rotate=90, crop=":100,20:").oriented_shape((250, 400))
    (100, 230)
    """

    flip: Flip | None = None
    rotate: int = 0
    crop: Crop | str | None = None

    def __post_init__(self) -> None:
        if self.flip is not None and self.flip not in get_args(Flip):
            raise OptionError(f"flip is vertical, horizontal or both, not {self.flip!r}")
        if self.rotate not in ROTATIONS:
            raise OptionError(f"rotate is 0, 90, 180 or 270 degrees clockwise, not {self.rotate!r}")
        if isinstance(self.crop, str):
            if not _CROP_TEXT.fullmatch(self.crop):
                raise OptionError(
                    f"crop {self.crop}: expected TOP:BOTTOM,LEFT:RIGHT in whole numbers from 0, "
                    "such as 20:220,0:400"
                )
        elif self.crop is not None:
            try:
                (top, bottom), (left, right) = self.crop
                rows = operator.index(top), operator.index(bottom)
                columns = operator.index(left), operator.index(right)
            except (TypeError, ValueError) as error:
                raise OptionError(
                    f"a crop is ((top, bottom), (left, right)) in pixels, not {self.crop!r}"
                ) from error
            object.__setattr__(self, "crop", (rows, columns))

    @property
    def is_identity(self) -> bool:
        """Whether frames stay as they are."""
        return self.flip is None and self.rotate == 0 and self.crop is None

    def oriented_shape(
        self, shape: tuple[int, int], name: str = "the recording"
    ) -> tuple[int, int]:
        """Height and width of frames that had this height and width before.

        Args:
            shape: height and width in pixels.
            name: what the message calls the recording.

        Raises:
            RangeError: the crop is empty or leaves the frame.
        """
        height, width = shape[::-1] if self.rotate in (90, 270) else shape
        (top, bottom), (left, right) = self._crop_spans(height, width)
        for start, stop, length, axis in (
            (top, bottom, height, "rows"),
            (left, right, width, "columns"),
        ):
            if not 0 <= start < stop <= length:
                turned = " flipped and rotated," if self.flip or self.rotate else ""
                raise RangeError(
                    f"{axis} {start}:{stop} are not inside {name},{turned} whose {axis} are "
                    f"0:{length}"
                )
        return bottom - top, right - left

    def apply(self, frames: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Orient frames or maps (..., H, W) of any type, as a view.

        The crop must lie inside them; `oriented_shape` checks that.
        """
        if self.flip in ("vertical", "both"):
            frames = frames[..., ::-1, :]
        if self.flip in ("horizontal", "both"):
            frames = frames[..., ::-1]
        if self.rotate in (180, 270):
            frames = frames[..., ::-1, ::-1]
        if self.rotate in (90, 270):
            frames = frames[..., ::-1, :].swapaxes(-1, -2)
        rows, columns = self._crop_spans(*frames.shape[-2:])
        return frames[..., slice(*rows), slice(*columns)]

    def _crop_spans(self, height: int, width: int) -> Crop:
        """Rows and columns that are kept of frames that are flipped and rotated."""
        if not isinstance(self.crop, str):
            return self.crop or ((0, height), (0, width))
        match = _CROP_TEXT.fullmatch(self.crop)
        assert match is not None
        top, bottom, left, right = match.groups()
        rows = int(top or 0), int(bottom or height)
        return rows, (int(left or 0), int(right or width))
