"""A request for the sharp pictures inside a blurry one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.deblur import (
    DEFAULT_COUNT,
    DEFAULT_METHOD,
    deblur_frames,
)
from spikecam.deblurring.pair import PairSettings, match_pair
from spikecam.encoding import AUTO, Encoding
from spikecam.errors import OptionError
from spikecam.frames import Frames, frames_with_window
from spikecam.io.output import Kind
from spikecam.io.paths import PathLike
from spikecam.io.pictures import is_picture, read_picture
from spikecam.io.recording_format import find_format_or_none
from spikecam.io.remote_address import RemoteAddress
from spikecam.method import Takes, find_method
from spikecam.picture import Picture
from spikecam.registration.alignment import Alignment
from spikecam.requests.frame_choice import requested_exposure, requested_frames
from spikecam.requests.prepared import CheckedRequest
from spikecam.requests.recording_file import RecordingFile, Spikes, open_spikes
from spikecam.stream import Span, SpikeStream

# A picture that covers less of the spikes' view is worth a word.
_FULL_COVER = 0.99


@dataclass(frozen=True)
class DeblurRequest:
    """Request for sharp pictures of a blurry one, as plain values.

    Attributes:
        blur: path of the blurry picture.
        spikes: the recording, as a file or open already.
        method: name of a method that takes spikes and a picture.
        options: of the method.
        at: index of one frame.
        frames: how many, spaced evenly over the exposure, or which: as text COUNT or
            START:STOP[:STEP]. By default the middle of the exposure for one picture, every frame
            of it for a video, and 7 for a folder or an archive.
        exposure: frames (start, stop) during which the picture was exposed, or the text
            START:STOP. By default what the recording says, else what the alignment was found to
            have; else they are estimated from the pair.
        alignment: file of `spikecam calibrate align`, of a second camera beside the spikes.
        mirror: swap left and right of the blurry picture, which was seen in a beam splitter;
            results are oriented as the spikes are.
        encoding: of the blurry picture, "auto" to measure it; see `spikecam.deblur`.
        check_match: refuse a picture and spikes that do not show the same scene.
        hdr: the pictures are linear light, in which white is 1 and what is brighter is above.
    """

    blur: PathLike
    spikes: Spikes
    method: str = DEFAULT_METHOD
    options: Mapping[str, Any] = field(default_factory=dict)
    at: int | None = None
    frames: Frames | str | None = None
    exposure: Span | str | None = None
    alignment: PathLike | None = None
    mirror: bool = False
    encoding: str | PathLike | Encoding = AUTO
    readout: float | str = 0.0
    check_match: bool = True
    hdr: bool = False

    def check(self, output: Kind = "picture") -> CheckedRequest[Picture]:
        """Check the request before work starts.

        Returns the checked request, which has its frames and can run.

        Args:
            output: what the pictures are for, which the default of ``frames`` depends on.

        Raises:
            SpikecamError: whatever is wrong, in one sentence.
        """
        _refuse_swapped_files(self.blur, self.spikes)
        stream = open_spikes(self.spikes)
        method = find_method(self.method, Takes.SPIKES_AND_PICTURE)
        options = method.orient_fixed_pattern(method.parse_options(self.options), stream)
        exposure = requested_exposure(stream, self.exposure)
        picture, facts, inside = read_picture(self.blur, mirror=self.mirror), [], None
        if self.alignment is not None:
            alignment = Alignment.load(self.alignment)
            alignment.check_spikes(stream)
            picture = alignment.rectify(picture)
            exposure = exposure or stream.exposure or alignment.exposure
            inside = alignment.inside_mask()
            if inside.mean() < _FULL_COVER:
                facts.append(
                    f"{self.blur} covers {inside.mean():.0%} of what the spike camera sees"
                )
        pair = match_pair(
            picture,
            stream,
            exposure,
            PairSettings(self.encoding, self.readout, self.check_match),
            name=str(self.blur),
            covered=inside,
            fpn=method.fixed_pattern(options),
        )
        method.check_readout(pair.picture.readout)
        span = pair.exposure
        facts += pair.facts
        window = method.window(options, stream)
        default: Frames = 1 if output == "picture" else DEFAULT_COUNT
        if output == "video" and self.at is None and self.frames is None:
            default = frames_with_window(stream, window, span)
        frames = requested_frames(stream, self.at, self.frames, default, span=span, window=window)
        for frame in (min(frames), max(frames)):
            stream.window(frame, window)
        return CheckedRequest(
            frames, lambda: self._pictures(pair.picture, stream, frames, span), facts=tuple(facts)
        )

    def _pictures(
        self, picture: BlurryPicture, stream: SpikeStream, frames: Sequence[int], span: Span
    ) -> Iterator[Picture]:
        return deblur_frames(
            picture.values,
            stream,
            frames=frames,
            exposure=span,
            method=self.method,
            encoding=picture.encoding,
            readout=picture.readout,
            check_match=False,
            hdr=self.hdr,
            **self.options,
        )


def _refuse_swapped_files(blur: PathLike, spikes: Spikes) -> None:
    """Refuse a recording in the place of the picture with a picture in that of the recording."""
    if isinstance(spikes, SpikeStream):
        return
    recording = spikes.path if isinstance(spikes, RecordingFile) else spikes
    is_swapped = not isinstance(recording, RemoteAddress) and is_picture(recording)
    if is_swapped and find_format_or_none(Path(blur)) is not None:
        raise OptionError(
            f"{blur} is a recording and {recording} a picture; name the blurry picture first"
        )
