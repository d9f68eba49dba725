"""A request for optical flow, or for a film with arrows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spikecam.errors import OptionError
from spikecam.io.output import Kind
from spikecam.method import Takes, find_method
from spikecam.optical_flow.flow import DEFAULT_METHOD, check_pair, iter_flows
from spikecam.optical_flow.steps import Flow
from spikecam.picture import Picture
from spikecam.requests.prepared import CheckedRequest
from spikecam.requests.recording_file import Spikes, open_spikes
from spikecam.show.display import DisplayMapping
from spikecam.show.flow_colours import draw_flow_arrows, flow_to_colours
from spikecam.stream import SpikeStream

# Frames of the firing rates below the arrows of a film, percentiles that they show as black and
# white, and about how many frames these are taken of.
_RATE_FRAMES, _PERCENTILES, _MAPPING_FRAMES = 21, (1.0, 99.0), 8


@dataclass(frozen=True)
class FlowRequest:
    """Request for optical flow from one frame to another, as plain values.

    Attributes:
        spikes: the recording, as a file or open already.
        at: index of the frame whose pixels the flow is of.
        to: index of the frame that it leads to.
        method: name of a method that takes spikes at two frames.
        options: of the method.
        arrow_frames: frames that the arrows of a film span. It has pictures of the frames from
            ``at`` on, as long as arrows end at ``to`` or before.
    """

    spikes: Spikes
    at: int
    to: int
    method: str = DEFAULT_METHOD
    options: Mapping[str, Any] = field(default_factory=dict)
    arrow_frames: int = 10

    def check_flow(self) -> CheckedRequest[Flow]:
        """Check the request for the flow itself before work starts.

        Raises:
            SpikecamError: whatever is wrong, in one sentence.
        """
        stream = self._checked_stream()
        return CheckedRequest([self.at], lambda: self._flows(stream, [(self.at, self.to)]))

    def check(self, output: Kind = "picture") -> CheckedRequest[Picture]:
        """Check the request for pictures before work starts.

        One picture shows the flow by colours; several are a film with arrows.

        Args:
            output: what the pictures are for.

        Raises:
            SpikecamError: whatever is wrong, in one sentence.
        """
        if output == "picture":
            flow, hints = self.check_flow(), list[str]()
            return CheckedRequest(
                flow.frames, lambda: _colours(flow.make_results(), hints), hints=hints
            )
        if self.arrow_frames < 1:
            raise OptionError(f"arrows span at least 1 frame, not {self.arrow_frames}")
        stream = self._checked_stream()
        # A short way is one picture, whose arrows span all of it.
        span = min(self.arrow_frames, abs(self.to - self.at))
        sign = 1 if self.to > self.at else -1
        starts = range(self.at, self.to - sign * (span - 1), sign)
        pairs = [(start, start + sign * span) for start in starts]
        return CheckedRequest(starts, lambda: self._film(stream, pairs))

    def _checked_stream(self) -> SpikeStream:
        """The open recording, once the request is known to fit it."""
        stream = open_spikes(self.spikes)
        method = find_method(self.method, Takes.SPIKES_AT_TWO_FRAMES)
        options = method.parse_options(self.options)
        method.check_fixed_pattern(options, stream)
        check_pair(stream, (self.at, self.to), method.window(options, stream))
        return stream

    def _flows(self, stream: SpikeStream, pairs: list[tuple[int, int]]) -> Iterator[Flow]:
        return iter_flows(stream, pairs, self.method, **self.options)

    def _film(self, stream: SpikeStream, pairs: list[tuple[int, int]]) -> Iterator[Picture]:
        frames = [start for start, _ in pairs]
        sample = frames[:: max(1, len(frames) // _MAPPING_FRAMES)]
        mapping = DisplayMapping.fit(
            np.stack([_short_exposure(stream, frame) for frame in sample]), *_PERCENTILES
        )
        for frame, flow in zip(frames, self._flows(stream, pairs), strict=True):
            yield draw_flow_arrows(mapping(_short_exposure(stream, frame)), flow)


def _colours(flows: Iterator[Flow], hints: list[str]) -> Iterator[Picture]:
    """Yield the colours of flow, and say in ``hints`` what they stand for."""
    for flow in flows:
        longest = float(np.hypot(flow[..., 0], flow[..., 1]).max())
        hints.append(f"full colour is a motion of {longest:.1f} pixels, the longest")
        yield flow_to_colours(flow)


def _short_exposure(stream: SpikeStream, frame: int) -> Picture:
    """Firing rate around a frame, (H, W), over fewer frames at the ends of the recording."""
    half = _RATE_FRAMES // 2
    start, stop = max(0, frame - half), min(len(stream), frame + half + 1)
    rate: Picture = stream.count(start, stop).astype(np.float32) / np.float32(stop - start)
    return rate
