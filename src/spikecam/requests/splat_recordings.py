"""Observations of a scene, made of recordings, photographs and pictures with poses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import GeometryError, OptionError, RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.frames import frames_with_window
from spikecam.method import Takes, find_method
from spikecam.reconstruction.reconstruct import reconstruct_frames
from spikecam.requests.splat_memory import VIEW_BYTES
from spikecam.requests.splat_options import CHARGE, SplatOptions
from spikecam.requests.splat_photographs import open_pictures, photographs_in_span
from spikecam.resources import check_memory
from spikecam.stream import Span, SpikeStream
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.common_point import common_view_point
from spikecam.views.exposure_poses import exposure_times, numbered_exposures
from spikecam.views.initial_gaussians import scene_gaussians
from spikecam.views.measured_scale import match_photographs, measure_scale
from spikecam.views.motion_in_window import (
    choose_views,
    choose_window,
    motion_per_frame,
    spread_windows,
)
from spikecam.views.observations import (
    SensorScale,
    bayer_pattern,
    observe_pictures,
    observe_windows,
    window_times,
)
from spikecam.views.observed_scene import ObservedScene, numbered_scene
from spikecam.views.pose_checks import check_coverage, check_views
from spikecam.views.pose_files.pose_file import PoseFile
from spikecam.views.posed_pictures import PosedPictures

# Bytes of a value of a window of charge and of a picture.
_WINDOW_BYTES, _PICTURE_BYTES = 2, 4
# Points by which motion is measured.
_MOTION_POINTS = 400


def observe_flight(
    stream: SpikeStream,
    span: Span,
    poses: PoseFile,
    photographs: PoseFile | None,
    fov: float | None,
    options: SplatOptions,
    fpn: FixedPattern | None,
) -> ObservedScene:
    """Observations of one recording of a camera that flies, and of photographs of its flight.

    Args:
        stream: the recording.
        span: frames (start, stop) of it that are used; photographs beside them are left out.
        poses: of the camera, with times in frames of the recording.
        photographs: their poses, with the times of the middles of their exposures; None for none.
        fov: horizontal field of view in degrees, where the poses have none.
        options: of the fit.
        fpn: the spike camera's fixed pattern.

    Raises:
        FileError: poses without times, or photographs that cannot be read.
        RangeError: poses or photographs that are not of the frames of the recording, or a window
            that is longer.
        OptionError, GeometryError, ResourceError: what cannot be, as a recording that is dark.
    """
    path, (start, stop) = poses.camera_path(), span
    check_coverage(path, start, stop, str(poses.path))
    intrinsics = poses.intrinsics_for(stream.width, stream.height, fov)
    if fpn is not None:
        fpn.check_shape(stream.shape[1:])
    nearby_poses = _poses_around(poses, path.times, span)
    check_views(nearby_poses.world_to_camera, str(poses.path))
    first, last = path.times[[0, -1]]

    def camera_at(time: float) -> Camera:
        # Views of the first and last window may lie half a frame outside the path.
        return path.camera_at(float(np.clip(time, first, last)), intrinsics)

    motion = motion_per_frame(camera_at, _scene_points(nearby_poses, intrinsics), start, stop - 1)
    assert nearby_poses.times is not None
    scene = ObservedScene(nearby_poses, intrinsics, camera_at, nearby_poses.times)
    window = _window_of(stop - start, motion, options)
    views = options.views or choose_views(motion, window)
    recording = stream[start:stop]
    exposures: list[Span] = []
    pictures = None
    if photographs is None:
        white, dark = options.white_rate, options.dark_rate
        scale = measure_scale(recording, window, white_rate=white, dark_rate=dark)
    else:
        pictures, exposures = photographs_in_span(photographs, span, len(stream), options)
        scale = _scale_by_photographs(recording, start, exposures, pictures, options)
    _add_scale_fact(scene, scale)
    if options.method == CHARGE:
        _add_windows(scene, stream, span, scale, window, views, options, fpn)
        drift = motion * window
        scene.facts.append(
            f"{len(scene.observations)} windows of {window} frames, in which things move by about "
            f"{drift:.1f} pixels; views of each: {views}"
        )
    else:
        _add_pictures(scene, stream, span, scale, options, fpn)
        scene.facts.append(f"{len(scene.observations)} pictures of {options.method}")
    if pictures is not None:
        photograph_intrinsics = pictures.intrinsics(fov)
        ratio = photograph_intrinsics.width / intrinsics.width
        exposure = exposures[0][1] - exposures[0][0]
        views = options.views or choose_views(motion * ratio, exposure)
        times = [window_times(one, views) for one in exposures]
        scene.observations += observe_pictures(pictures.iter_light(), times, photograph_intrinsics)
        scene.facts.append(
            f"{len(times)} photographs, exposed for {exposure} frames; views of each: {views}"
        )
    return scene


def observe_still_cameras(
    streams: Sequence[SpikeStream],
    poses: PoseFile,
    fov: float | None,
    options: SplatOptions,
    fpn: FixedPattern | None,
) -> ObservedScene:
    """Observations of one recording for each pose, of a camera that stands still.

    Args:
        streams: the recordings, of one size, in the order of the poses.
        poses, fov, options, fpn: as for `observe_flight`; times of the poses are not used.

    Raises:
        OptionError: another number of poses, or recordings that are dark.
        GeometryError: recordings of other sizes.
        RangeError: a recording that is shorter than the window of the method.
        ResourceError: they do not fit into the memory.
    """
    count = len(poses.world_to_camera)
    if len(streams) != count:
        raise OptionError(
            f"{poses.path} has {count} poses, and there are {len(streams)} recordings; "
            "give one recording of a camera that moves, or one for each pose"
        )
    shape = height, width = streams[0].shape[1:]
    for index, stream in enumerate(streams):
        if stream.shape[1:] != shape:
            raise GeometryError(
                f"recording {index} is of {stream.width}x{stream.height}, and the first of "
                f"{width}x{height}; they need one size"
            )
    if fpn is not None:
        fpn.check_shape(shape)
    check_memory(
        count * height * width * (3 if options.bayer else 1) * _PICTURE_BYTES,
        f"{count} pictures of {width}x{height}",
        "give fewer recordings",
    )
    scene = numbered_scene(poses, poses.intrinsics_for(width, height, fov))
    brightest = max(streams, key=_mean_rate)
    scale = measure_scale(
        brightest, len(brightest), white_rate=options.white_rate, dark_rate=options.dark_rate
    )
    _add_scale_fact(scene, scale)
    only = replace(options, windows=1)
    for index, stream in enumerate(streams):
        span = (0, len(stream))
        if options.method == CHARGE:
            _add_windows(scene, stream, span, scale, len(stream), 1, only, fpn)
        else:
            _add_pictures(scene, stream, span, scale, only, fpn)
        scene.observations[-1] = replace(scene.observations[-1], times=(float(index),))
    scene.facts.append(f"{count} recordings of cameras that stand still")
    return scene


def observe_posed_pictures(
    poses: PoseFile, fov: float | None, options: SplatOptions
) -> ObservedScene:
    """Observations of the pictures that a file of poses names.

    Args:
        poses: the file; times of the poses are not used.
        fov, options: as for `observe_flight`.

    Raises:
        FileError: no pictures, or some that cannot be read.
        OptionError, GeometryError, ResourceError: what cannot be.
    """
    pictures = open_pictures(poses, options)
    scene = numbered_scene(poses, pictures.intrinsics(fov))
    count = len(pictures.files)
    times: list[tuple[float, ...]] = [(float(index),) for index in range(count)]
    if options.exposure_poses:
        times = exposure_times(numbered_exposures(count))
    scene.observations += observe_pictures(pictures.iter_light(), times)
    scene.facts.append(f"{len(times)} pictures")
    return scene


def _add_windows(
    scene: ObservedScene,
    stream: SpikeStream,
    span: Span,
    scale: SensorScale,
    window: int,
    views: int,
    options: SplatOptions,
    fpn: FixedPattern | None,
) -> None:
    spans = spread_windows(span, window, options.windows)
    colours = 3 if options.bayer else 1
    pixels = stream.height * stream.width
    _check_memory(
        pixels * (len(spans) * colours * _WINDOW_BYTES + views * VIEW_BYTES),
        f"{len(spans)} windows of {stream.width}x{stream.height}",
    )
    pattern = bayer_pattern(stream.height, stream.width) if options.bayer else None
    scene.observations += observe_windows(
        stream, spans, scale, views=views, fpn=fpn, pattern=pattern
    )


def _add_pictures(
    scene: ObservedScene,
    stream: SpikeStream,
    span: Span,
    scale: SensorScale,
    options: SplatOptions,
    fpn: FixedPattern | None,
) -> None:
    values = _method_options(options, fpn)
    method = find_method(options.method, Takes.SPIKES)
    part = stream[slice(*span)]
    frames = frames_with_window(part, method.window(method.parse_options(values), part))
    count = min(options.windows, len(frames))
    _check_memory(
        stream.height * stream.width * (count * _PICTURE_BYTES + VIEW_BYTES),
        f"{count} pictures of {stream.width}x{stream.height}",
    )
    # The middles of equal parts.
    places = (np.arange(count) + 0.5) * (len(frames) / count)
    middles = [span[0] + frames[int(place)] for place in places]
    rates = reconstruct_frames(stream, options.method, frames=middles, **values)
    times = [(float(frame),) for frame in middles]
    scene.observations += observe_pictures(map(scale.light, rates), times)


def _method_options(options: SplatOptions, fpn: FixedPattern | None) -> dict[str, Any]:
    """Options of the method of reconstruct that are given here."""
    values = {"window": options.window, "fpn": fpn}
    return {name: value for name, value in values.items() if value is not None}


def _check_memory(needed_bytes: int, purpose: str) -> None:
    check_memory(needed_bytes, purpose, "choose fewer by --windows, or fewer --views")


def _window_of(frame_count: int, motion: float, options: SplatOptions) -> int:
    if options.window is None:
        return min(choose_window(motion), frame_count)
    if options.window > frame_count:
        raise RangeError(
            f"a window of {options.window} frames is longer than the recording of {frame_count}; "
            "choose a shorter one"
        )
    return options.window


def _poses_around(poses: PoseFile, times: npt.NDArray[np.float64], span: Span) -> PoseFile:
    """The poses between which the camera is in a span, from the last before it on."""
    start, stop = span
    first = max(0, int(np.searchsorted(times, start, side="right")) - 1)
    last = int(np.searchsorted(times, stop - 1))
    return poses.part(np.arange(first, min(last, len(times) - 1) + 1))


def _scene_points(poses: PoseFile, intrinsics: Intrinsics) -> npt.NDArray[np.float64]:
    """Points (N, 3) where cameras look, half of them about their common point."""
    scene, _ = scene_gaussians(
        [Camera(intrinsics, pose) for pose in poses.world_to_camera],
        common_view_point(poses.world_to_camera),
        _MOTION_POINTS,
        degree=0,
        channels=1,
        rng=np.random.default_rng(0),
    )
    return scene.means.astype(np.float64)


def _scale_by_photographs(
    recording: SpikeStream,
    first: int,
    exposures: Sequence[Span],
    pictures: PosedPictures,
    options: SplatOptions,
) -> SensorScale:
    """Scale of the frames of a recording from ``first`` on, by photographs."""
    if options.white_rate is not None:
        white, dark = options.white_rate, options.dark_rate
        return measure_scale(recording, 1, white_rate=white, dark_rate=dark)
    return match_photographs(
        recording,
        [(start - first, stop - first) for start, stop in exposures],
        pictures.iter_light(),
        dark_rate=options.dark_rate,
        bayer=options.bayer,
    )


def _add_scale_fact(scene: ObservedScene, scale: SensorScale) -> None:
    scene.facts.append(
        f"white fires {scale.white_rate:.3g} times a frame, the dark {scale.dark_rate:.2g} times"
    )


def _mean_rate(stream: SpikeStream) -> float:
    return float(stream.count().mean() / len(stream))
