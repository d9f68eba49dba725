"""Optical flow along the paths of light that `aligned` follows.

Each pixel's path is a polynomial in time, fitted to optical flow between short exposures
(`spikecam.reconstruction.motion_paths`). Frames further apart than the reach are led to in several
steps, each along the paths of its own first frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spikecam.errors import OptionError, RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.method import Method, Takes
from spikecam.optical_flow.steps import Flow, compose_flows, split_into_steps
from spikecam.reconstruction.motion_span import iter_motion_spans
from spikecam.reconstruction.scene_cuts import find_scene_cuts
from spikecam.stream import SpikeStream

# Frames by which paths are fitted beyond the end of a step, as the reference may lie beside it.
_MARGIN_FRAMES = 8
# Frames before and after two by which a cut between them is recognised.
_CUT_MARGIN = 64


@dataclass(frozen=True)
class PathsOptions:
    """Options of `paths`.

    Attributes:
        reach: frames before and after a frame over which its light is followed at once; flow over
            more of them is composed of several steps.
        fpn: fixed pattern of the camera, corrected spike by spike.
    """

    reach: int = 64
    fpn: FixedPattern | None = None

    def __post_init__(self) -> None:
        if self.reach < 1:
            raise OptionError(f"the reach is at least 1 frame to each side, not {self.reach}")


def paths(
    stream: SpikeStream, pairs: Sequence[tuple[int, int]], options: PathsOptions
) -> Iterator[Flow]:
    """Optical flow of each pair of frames, along paths of light.

    Args:
        stream: the recording.
        pairs: of two frames, from one to the other; those whose first frames follow each other
            share the estimation of motion.
        options: reach and fixed pattern.

    Returns:
        Iterator over float32 (H, W, 2) in pixels, x before y.

    Raises:
        RangeError: a frame lies outside the recording; and, when its flow is asked for, a pair
            with a cut between scenes in it.
    """
    for pair in pairs:
        for frame in pair:
            stream.window(frame, 1)
    return _run(stream, pairs, options)


def _run(
    stream: SpikeStream, pairs: Sequence[tuple[int, int]], options: PathsOptions
) -> Iterator[Flow]:
    steps_of_pairs = [
        split_into_steps(at, to, -(-abs(to - at) // options.reach)) for at, to in pairs
    ]
    starts = [start for steps in steps_of_pairs for start, _ in steps]
    spans = iter_motion_spans(stream, starts, options.reach + _MARGIN_FRAMES, fpn=options.fpn)
    for pair, steps in zip(pairs, steps_of_pairs, strict=True):
        _check_one_scene(stream, pair)
        flow: Flow | None = None
        for start, stop in steps:
            # The frame as the span counts it, from the beginning of its scene.
            span, frame = next(spans)
            step_flow = span.paths_of_frame(frame).displacement(stop - start)
            flow = step_flow if flow is None else compose_flows(flow, step_flow)
        assert flow is not None
        yield flow


def _check_one_scene(stream: SpikeStream, pair: tuple[int, int]) -> None:
    """Refuse two frames of different scenes.

    Raises:
        RangeError: they are.
    """
    first, last = min(pair), max(pair)
    cuts = find_scene_cuts(stream, first - _CUT_MARGIN, last + _CUT_MARGIN)
    between = [cut for cut in cuts if first < cut <= last]
    if between:
        raise RangeError(
            f"frames {first} and {last} show different scenes, of which the second begins at frame "
            f"{between[0]}; choose two frames of one scene"
        )


METHOD = Method(
    name="paths",
    summary="optical flow along smooth paths of light, the motion that aligned and lsq follow",
    takes=Takes.SPIKES_AT_TWO_FRAMES,
    run=paths,
    options=PathsOptions,
)
