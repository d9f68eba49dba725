"""Options of a blurry picture beside spikes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from spikecam.encoding import AUTO
from spikecam.errors import OptionError
from spikecam.requests.deblur import DeblurRequest
from spikecam.requests.recording_file import RecordingFile

PICTURE_GROUP = Group.create_ordered("Picture", sort_key=0)
PHOTO_GROUP = Group.create_ordered("Colour", sort_key=0)


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


@Parameter(name="*", group=PHOTO_GROUP)
@dataclass(frozen=True)
class ColourOptions:
    """Options of a photograph that gives its colours to pictures from spikes alone.

    Attributes:
        colour: A photograph of the same view, blurry or of another moment of the recording, whose
            colours motion carries to the pictures.
        exposure: Frames during which PHOTO was exposed.
    """

    colour: Annotated[Path | None, Parameter(metavar="PHOTO")] = None
    exposure: Annotated[str | None, Parameter(metavar="A:B")] = None

    def request(
        self,
        recording: RecordingFile,
        method: str,
        option_values: Mapping[str, Any],
        frames: tuple[int | None, str | None],
    ) -> DeblurRequest:
        """The request for pictures in colour.

        Args:
            recording: the spikes.
            method: that of the gray, or `AUTO`.
            option_values: its options.
            frames: ``--at`` and ``--frames``.

        Raises:
            OptionError: options that have no effect.
        """
        assert self.colour is not None
        for name in option_values.keys() - {"fpn"}:
            raise OptionError(
                f"--{name} has no effect with --colour, which takes the method's own; leave it out"
            )
        gray = {} if method == AUTO else {"gray": method}
        options = {**option_values, **gray}
        return DeblurRequest(
            self.colour, recording, "colour", options, *frames, exposure=self.exposure
        )
