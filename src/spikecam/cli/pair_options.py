"""Options of a blurry picture beside spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

from spikecam.encoding import AUTO
from spikecam.errors import OptionError

PICTURE_GROUP = Group.create_ordered("Picture", sort_key=0)


@Parameter(name="*", group=PICTURE_GROUP)
@dataclass(frozen=True)
class PairOptions:
    """Options of a blurry picture beside spikes.

    Attributes:
        encoding: Of BLUR: srgb, linear, gamma:2.2 or a file of calibrate tone; auto measures it.
        readout: Frames from the exposure of the first row of BLUR to that of the last, of a rolling
            shutter; auto estimates them.
        check_match: Estimate an exposure that nobody says, move BLUR where it lies beside the
            spikes, and refuse a picture and spikes that do not show the same scene.
    """

    encoding: Annotated[str, Parameter(metavar="CURVE")] = AUTO
    readout: Annotated[str, Parameter(metavar="FRAMES")] = "0"
    check_match: Annotated[bool, Parameter(negative="--no-check-match")] = True

    def readout_frames(self) -> float | str:
        """The read-out time in frames, or "auto"."""
        if self.readout == AUTO:
            return AUTO
        try:
            return float(self.readout)
        except ValueError:
            raise OptionError(
                f"--readout is a number of frames, or auto, not {self.readout!r}"
            ) from None
