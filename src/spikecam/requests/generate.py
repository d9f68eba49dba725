"""A request for samples of the sharp picture, from spikes, a blurry picture, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spikecam.deblurring.pair import PairSettings, match_pair
from spikecam.encoding import AUTO, LINEAR, Encoding
from spikecam.errors import OptionError
from spikecam.frames import Frames
from spikecam.generation.generate import DEFAULT_METHOD, generate_frames, middle_frame
from spikecam.generation.generated import Generated
from spikecam.io.paths import PathLike
from spikecam.io.pictures import read_picture
from spikecam.method import Takes, find_method
from spikecam.requests.frame_choice import requested_exposure, requested_frames
from spikecam.requests.prepared import CheckedRequest
from spikecam.requests.recording_file import Spikes, open_spikes
from spikecam.stream import Span


@dataclass(frozen=True)
class GenerateRequest:
    """Request for samples of the sharp picture, as plain values.

    Attributes:
        blur: path of the blurry picture; None for spikes alone.
        spikes: the recording, as a file or open already; None for a picture alone.
        method: name of a method that takes spikes, a picture, or both.
        options: of the method.
        at: index of one frame.
        frames: how many, spaced evenly over the exposure, or which: as text COUNT or
            START:STOP[:STEP]. By default the middle frame, of the exposure where there is a
            picture.
        exposure: frames (start, stop) during which the picture was exposed, or the text
            START:STOP; by default what the recording says; else they are estimated from the pair.
        mirror: swap left and right of the blurry picture, which was seen in a beam splitter;
            results are oriented as the spikes are.
        encoding, check_match: as for `spikecam.generate`.
    """

    blur: PathLike | None = None
    spikes: Spikes | None = None
    method: str = DEFAULT_METHOD
    options: Mapping[str, Any] = field(default_factory=dict)
    at: int | None = None
    frames: Frames | str | None = None
    exposure: Span | str | None = None
    mirror: bool = False
    encoding: str | PathLike | Encoding = AUTO
    readout: float | str = 0.0
    check_match: bool = True

    def check(self) -> CheckedRequest[Generated]:
        """Check the request before work starts.

        Returns the checked request, which has its frames and can run.

        Raises:
            SpikecamError: whatever is wrong, in one sentence.
        """
        method = find_method(self.method, Takes.SPIKES_OR_PICTURE)
        options = method.parse_options(self.options)
        if self.blur is None and self.spikes is None:
            raise OptionError("give a blurry picture, spikes, or both")
        if self.blur is None and self.mirror:
            raise OptionError("mirror is of a blurry picture, and there are spikes alone")
        picture = None if self.blur is None else read_picture(self.blur, mirror=self.mirror)
        if self.spikes is None:
            for name in ("at", "frames", "exposure"):
                if getattr(self, name) is not None:
                    raise OptionError(
                        f"{name} is of spikes, and there is a picture alone; leave it out"
                    )
            return CheckedRequest(
                [0],
                lambda: generate_frames(picture, None, method=self.method, **self.options),
            )
        stream = open_spikes(self.spikes)
        options = method.orient_fixed_pattern(options, stream)
        if picture is None and self.exposure is not None:
            raise OptionError("exposure goes with a blurry picture and spikes")
        span, encoding, readout, facts = None, LINEAR, 0.0, []
        if picture is not None:
            pair = match_pair(
                picture,
                stream,
                requested_exposure(stream, self.exposure),
                PairSettings(self.encoding, self.readout, self.check_match),
                name=str(self.blur),
                fpn=method.fixed_pattern(options),
            )
            picture, encoding = pair.picture.values, pair.picture.encoding
            readout = pair.picture.readout
            method.check_readout(readout)
            span, facts = pair.exposure, list(pair.facts)
        frames = requested_frames(
            stream,
            self.at,
            self.frames,
            [middle_frame(stream, span)],
            span=span,
            window=method.window(options, stream),
        )
        return CheckedRequest(
            frames,
            lambda: generate_frames(
                picture,
                stream,
                frames=frames,
                exposure=span,
                method=self.method,
                encoding=encoding,
                readout=readout,
                check_match=False,
                **self.options,
            ),
            facts=tuple(facts),
        )
