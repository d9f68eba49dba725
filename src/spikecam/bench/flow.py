"""End-point errors of optical flow on simulated scenes whose motion is known exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

import spikecam as sc
from spikecam.bench.report import Report, Table
from spikecam.bench.synthetic_set import SCENE_SIZE, iter_scene_layers
from spikecam.gray import as_gray
from spikecam.optical_flow.steps import Flow
from spikecam.picture import Mask, Picture
from spikecam.reconstruction.exposure_flows import flow_levels
from spikecam.scenes.layers import MovingLayer, iter_rendered_frames
from spikecam.scenes.true_flow import true_flow

Say = Callable[[str], None]

# Frames of a scene, those during which it moves by its speed, and the first frame of the flow.
_FRAMES, _EXPOSURE, _AT = 137, (20, 117), 40
# Frames from there to the second frame of the flow.
DISTANCES = (10, 50)
# Spikes a frame of white, as in SREDS.
_SPIKES_PER_FRAME = 0.6
# Rows that are no methods: the mean length of the true flow, and optical flow of OpenCV between two
# short exposures, with its default settings.
STILL, DIS = "no motion", "DIS alone"
_DIS_FRAMES, _DIS_BLUR = 11, 0.9


class FlowCase(NamedTuple):
    """A simulated recording and its true flow over each of several distances.

    Attributes:
        name: of the scene.
        stream: the recording.
        truths: flow and mask of the pixels that both frames show, by distance in frames.
    """

    name: str
    stream: sc.SpikeStream
    truths: dict[int, tuple[Flow, Mask]]


def score_flow(
    methods: Sequence[str] | None = None,
    *,
    options: dict[str, Any] | None = None,
    limit: int | None = None,
    command: str = "spikecam bench flow",
    say: Say = print,
) -> Report:
    """Score methods of optical flow on simulated scenes, and return the report.

    Args:
        methods: by default all that have weights or need none.
        options: of the method `scflow`.
        limit: number of scenes, from the first.
        command: command line to print in the report.
        say: takes a line of progress.

    Raises:
        SpikecamError: an unknown method, or weights that cannot be had.
    """
    takes = sc.Takes.SPIKES_AT_TWO_FRAMES
    names = [method.name for method in sc.all_methods(takes) if method.has_weights]
    methods = [sc.find_method(name, takes).name for name in methods or names]
    errors: dict[tuple[str, int], list[float]] = defaultdict(list)
    pictures: dict[str, dict[str, Picture]] = {}
    for case in iter_flow_cases(limit):
        say(case.name)
        for distance, (truth, visible) in case.truths.items():
            to, longest = _AT + distance, float(np.hypot(*np.moveaxis(truth, 2, 0)).max())
            flows = {STILL: np.zeros_like(truth), DIS: estimate_by_dis(case.stream, _AT, to)}
            for name in methods:
                settings = options or {} if name == "scflow" else {}
                flows[name] = sc.flow(case.stream, _AT, to, name, **settings)
            for name, flow in flows.items():
                errors[name, distance].append(end_point_error(flow, truth, visible))
            pictures[f"{case.name}, {distance} frames"] = {
                name: sc.flow_to_colours(flow, longest or None)
                for name, flow in {**flows, "truth": truth}.items()
                if name != STILL
            }
    rows = [
        {
            "method": name,
            **{f"EPE, {n} frames": float(np.mean(errors[name, n])) for n in DISTANCES},
        }
        for name in (STILL, DIS, *methods)
    ]
    notes = [
        "mean distance in pixels between the end of the estimated and of the true flow, of pixels "
        "that both frames show",
        f"{STILL}: the mean length of the true flow",
        f"{DIS}: DIS of OpenCV between exposures of {_DIS_FRAMES} frames around both",
    ]
    count = len(errors[STILL, DISTANCES[0]])
    source = (
        f"{count} photographs of scikit-image in motion, {SCENE_SIZE[1]}x{SCENE_SIZE[0]}, simulated"
    )
    table = Table("flow", f"Optical flow from frame {_AT} ({count} scenes)", rows, notes)
    return Report("flow", "Optical flow from spikes", source, command, [table], pictures)


def iter_flow_cases(limit: int | None = None) -> Iterator[FlowCase]:
    """Iterate over the scenes, the same at every call."""
    sensor = sc.Sensor(gain=_SPIKES_PER_FRAME)
    for seed, (name, layers) in enumerate(iter_scene_layers(_FRAMES, _EXPOSURE, limit)):
        yield FlowCase(name, _simulate(layers, sensor, seed), _true_flows(layers))


def end_point_error(flow: npt.ArrayLike, truth: npt.ArrayLike, visible: npt.ArrayLike) -> float:
    """Mean length of the difference of two flows (H, W, 2) in the pixels of a mask (H, W)."""
    difference = np.asarray(flow, np.float64) - np.asarray(truth, np.float64)
    return float(np.hypot(difference[..., 0], difference[..., 1])[np.asarray(visible)].mean())


def estimate_by_dis(stream: sc.SpikeStream, at: int, to: int) -> Flow:
    """Optical flow of OpenCV between short exposures around two frames."""
    half = _DIS_FRAMES // 2
    rates = [
        stream.count(frame - half, frame + half + 1).astype(np.float32) / np.float32(_DIS_FRAMES)
        for frame in (at, to)
    ]
    white = max(float(np.quantile(rates[0], 0.995)), 1e-4)
    levels = [flow_levels(rate, 255 / white, _DIS_BLUR) for rate in rates]
    dis: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.asarray(dis.calc(*levels, None), np.float32)


def _simulate(layers: Sequence[MovingLayer], sensor: sc.Sensor, seed: int) -> sc.SpikeStream:
    gray = np.stack([as_gray(frame) for frame in iter_rendered_frames(layers, SCENE_SIZE)])
    return sc.simulate(gray, sensor, seed=seed)


def _true_flows(layers: Sequence[MovingLayer]) -> dict[int, tuple[Flow, Mask]]:
    return {distance: true_flow(layers, SCENE_SIZE, _AT, _AT + distance) for distance in DISTANCES}
