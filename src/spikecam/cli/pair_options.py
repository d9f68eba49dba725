"""Options of a blurry picture beside spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

from spikecam.encoding import AUTO

PICTURE_GROUP = Group.create_ordered("Picture", sort_key=0)


@Parameter(name="*", group=PICTURE_GROUP)
@dataclass(frozen=True)
class PairOptions:
    """Options of a blurry picture beside spikes.

    Attributes:
        encoding: Of BLUR: srgb, linear, gamma:2.2 or a file of calibrate tone; auto measures it.
        check_match: Refuse a picture and spikes that do not show the same scene.
    """

    encoding: Annotated[str, Parameter(metavar="CURVE")] = AUTO
    check_match: Annotated[bool, Parameter(negative="--no-check-match")] = True
