"""Options of cameras in front of scenes of Gaussians, and of what is behind these."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from spikecam.cli.values import one_word_parameter
from spikecam.errors import OptionError

CAMERA_GROUP = Group.create_ordered("Camera", sort_key=0)
GRAY_LEVELS = {"black": 0.0, "white": 1.0}


def parse_background(text: str, flag: str) -> float:
    """Parse the text black, white or a gray level to a number."""
    try:
        return GRAY_LEVELS[text] if text in GRAY_LEVELS else float(text)
    except ValueError:
        raise OptionError(
            f"{flag} {text}: expected black, white, or a gray level from 0 to 1"
        ) from None


def check_path_or_orbit(path: Path | None, orbit: bool) -> None:
    """Refuse both ways of a camera, or none.

    Raises:
        OptionError: they are.
    """
    if (path is not None) == orbit:
        raise OptionError("give the way of the camera: either --path POSES or --orbit")


FovOption = Annotated[float | None, Parameter(metavar="DEGREES", group=CAMERA_GROUP)]
UpOption = Annotated[
    Literal["x", "y", "z", "-x", "-y", "-z"] | None,
    Parameter(group=CAMERA_GROUP, allow_leading_hyphen=True),
]
BackgroundOption = Annotated[float, one_word_parameter(parse_background, "black|white|LEVEL")]
