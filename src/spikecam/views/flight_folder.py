"""Folders of simulated flights: spikes, poses, photographs and views to judge by."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spikecam.encoding import is_encoding_file, parse_encoding
from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.atomic import Replaceable, atomic_folder
from spikecam.io.pictures import is_picture, write_picture
from spikecam.io.recording import write_recording
from spikecam.picture import Picture
from spikecam.sensor.sensor import Sensor, check_seed, resolve_sensor
from spikecam.stream import Progress, Span, check_rate
from spikecam.views.camera import Camera
from spikecam.views.flight import (
    Flight,
    peak_threshold,
    photographs_of_flight,
    resized_camera,
    simulate_flight,
)
from spikecam.views.pose_files.nerf import write_transforms

RECORDING = "spikes.dat"
FIXED_PATTERN = "fixed_pattern.npz"
MANIFEST = "flight.json"
_FOLDERS = ("photographs", "clear", "test")
_FILES = (
    RECORDING,
    f"{RECORDING}.json",
    FIXED_PATTERN,
    MANIFEST,
    "transforms.json",
    *(f"transforms_{name}.json" for name in _FOLDERS),
)


@dataclass(frozen=True)
class FlightOptions:
    """Options of a simulated flight.

    Attributes:
        preset: the sensor, a name of `spikecam.SENSOR_PRESETS`.
        peak_rate: spikes a frame of the brightest light; it sets V_th.
        bayer: pixels see one colour each of an RGGB mosaic; otherwise all see gray.
        rate: frames per second, as the recording will say.
        photographs: number of photographs, evenly along the flight.
        exposure: frames of the exposure of a photograph.
        scale: how many pixels of a photograph a spike pixel spans, along a side.
        encoding: of the photographs and the clear pictures, such as "srgb".
        pose_step: frames from one stored pose to the next.
        seed: of the sensor's phase and noise.

    Raises:
        OptionError: options that cannot be.
    """

    preset: str = "s-sdm"
    peak_rate: float = 0.35
    bayer: bool = False
    rate: float = 20_000.0
    photographs: int = 60
    exposure: int = 97
    scale: int = 1
    encoding: str = "srgb"
    pose_step: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        for name, minimum in (("photographs", 0), ("exposure", 1), ("scale", 1), ("pose_step", 1)):
            if getattr(self, name) < minimum:
                raise OptionError(f"{name} is at least {minimum}, not {getattr(self, name)}")
        if not 0 < self.peak_rate <= 1:
            raise OptionError(
                f"a peak rate is above 0 and at most 1 spike a frame, not {self.peak_rate}"
            )
        if is_encoding_file(self.encoding):
            raise OptionError("photographs of a flight are srgb, linear or gamma:2.2, not a file")
        parse_encoding(self.encoding)
        resolve_sensor(self.preset)
        check_rate(self.rate)
        check_seed(self.seed)

    @property
    def sensor(self) -> Sensor:
        """The sensor, at the threshold of its preset."""
        return resolve_sensor(self.preset)


def write_flight(
    folder: str | os.PathLike[str],
    flight: Flight,
    options: FlightOptions | None = None,
    *,
    test_cameras: Sequence[Camera] = (),
    test_light: Iterable[Picture] | None = None,
    fpn: FixedPattern | None = None,
    progress: Progress[int] = iter,
    overwrite: bool | None = None,
) -> Path:
    """Simulate a flight and write all that was recorded, with the truth beside it.

    The folder appears when it is whole. It holds:

    - ``spikes.dat`` and its sidecar file: the recording.
    - ``fixed_pattern.npz``: the camera's, if it has one.
    - ``transforms.json``: where the spike camera was (`spikecam.views.pose_files.nerf`), with times
      in frames of the recording.
    - ``photographs/000.png`` and so on: blurry photographs, and ``transforms_photographs.json``,
      whose times are the middles of their exposures, and which has the length of these.
    - ``clear/000.png`` and so on: the views at these times without motion, and
      ``transforms_clear.json``.
    - ``test/000.png`` and so on: clear views of other cameras, and ``transforms_test.json``.
      The three kinds of pictures are 16-bit files, in one encoding.
    - ``flight.json``: options, V_th, number of frames, the exposure (start, stop) of each
      photograph, the pattern of colours.

    Args:
        folder: new or empty, or see ``overwrite``.
        flight: the camera and the scene.
        options: of the sensor and the photographs.
        test_cameras: of the views to judge by, all of one size.
        test_light: light of these views, (H, W) or (H, W, 3); by default they are rendered.
        fpn: the fixed pattern of the camera; by default a random one where the preset has any.
        progress: wraps the sequence of frames, such as `tqdm`, and then that of the photographs.
        overwrite: True replaces a folder that holds nothing but a flight.

    Returns:
        The folder.

    Raises:
        OptionError: an exposure longer than the flight, or as `simulate_flight`.
        OutputError: the folder holds anything, or cannot be written.
    """
    path, options = Path(folder), options or FlightOptions()
    exposures = even_exposures(flight.frame_count, options)
    if fpn is None and options.sensor.has_fixed_pattern:
        fpn = FixedPattern.random(flight.shape, options.seed)
    with atomic_folder(path, is_replaceable=replaceable_files(overwrite)) as target:
        threshold = peak_threshold(flight, options.preset, options.peak_rate, bayer=options.bayer)
        spikes = simulate_flight(
            flight,
            options.preset,
            threshold=threshold,
            seed=options.seed,
            fpn=fpn,
            rate=options.rate,
            bayer=options.bayer,
            progress=progress,
        )
        write_recording(target / RECORDING, spikes)
        if fpn is not None:
            fpn.save(target / FIXED_PATTERN)
        last = flight.frame_count - 1
        times = [*range(0, last, options.pose_step), last]
        path_cameras = [flight.camera_at(time) for time in times]
        _write_poses(target / "transforms.json", path_cameras, times=times)
        _write_photographs(target, flight, exposures, options, progress)
        if test_cameras:
            light = test_light or map(flight.render, test_cameras)
            views = (_encode_view(one, options) for one in light)
            _write_views(target, "test", views, test_cameras)
        manifest = {
            "made by": "spikecam",
            "format": 1,
            "frames": flight.frame_count,
            "threshold": threshold,
            "colours": "RGGB" if options.bayer else "gray",
            "fixed pattern": None if fpn is None else fpn.digest(),
            "exposures": exposures,
            "options": asdict(options),
        }
        text = json.dumps(manifest, indent=1) + "\n"
        (target / MANIFEST).write_text(text, encoding="utf-8")
    return path


def replaceable_files(overwrite: bool | None) -> Replaceable | None:
    """What of a folder may be replaced, for `check_output_folder`: files of a flight, or none."""
    return _is_of_flight if overwrite else None


def _is_of_flight(path: Path) -> bool:
    if path.is_dir():
        return path.name in _FOLDERS and all(map(is_picture, path.iterdir()))
    return path.name in _FILES


def even_exposures(frame_count: int, options: FlightOptions) -> list[Span]:
    """Exposures (start, stop) of photographs, evenly from the start of a flight to its end.

    Args:
        frame_count: frames of the flight.
        options: with the number of photographs and the length of an exposure.

    Raises:
        OptionError: an exposure longer than the flight, or more than differ.
    """
    if not options.photographs:
        return []
    latest = frame_count - options.exposure
    if latest < 0:
        raise OptionError(
            f"an exposure of {options.exposure} frames is longer than the flight of "
            f"{frame_count}; choose a shorter one"
        )
    if options.photographs > latest + 1:
        raise OptionError(
            f"a flight of {frame_count} frames has no {options.photographs} exposures of "
            f"{options.exposure} frames that differ; choose fewer photographs"
        )
    starts = np.rint(np.linspace(0, latest, options.photographs)).astype(int).tolist()
    return [(start, start + options.exposure) for start in starts]


def _write_photographs(
    target: Path,
    flight: Flight,
    exposures: Sequence[Span],
    options: FlightOptions,
    progress: Progress[int],
) -> None:
    """Write the photographs of exposures, and the clear views in their middle."""
    if not exposures:
        return
    # Frame i is at time i, so that the middle of frames start to stop - 1 is half a frame earlier.
    times = [(start + stop - 1) / 2 for start, stop in exposures]
    cameras = [resized_camera(flight.camera_at(time), options.scale) for time in times]
    photographs = photographs_of_flight(
        flight, exposures, scale=options.scale, encoding=options.encoding
    )
    pictures = (next(photographs) for _ in progress(range(len(exposures))))
    _write_views(target, "photographs", pictures, cameras, times=times, exposure=options.exposure)
    clear = (_encode_view(flight.render(camera), options) for camera in cameras)
    _write_views(target, "clear", clear, cameras, times=times)


def _encode_view(light: Picture, options: FlightOptions) -> Picture:
    if light.ndim == 3 and light.shape[2] == 1:
        light = light[..., 0]
    return np.clip(parse_encoding(options.encoding).encode(np.clip(light, 0, 1)), 0, 1)


def _write_views(
    target: Path,
    name: str,
    pictures: Iterable[Picture],
    cameras: Sequence[Camera],
    **values: Any,
) -> None:
    """Write pictures into a folder, and their poses with other values beside it."""
    (target / name).mkdir()
    digits = max(3, len(str(len(cameras) - 1)))
    files = [target / name / f"{i:0{digits}d}.png" for i in range(len(cameras))]
    for file, picture in zip(files, pictures, strict=True):
        write_picture(file, picture, bits=16)
    _write_poses(target / f"transforms_{name}.json", cameras, pictures=files, **values)


def _write_poses(path: Path, cameras: Sequence[Camera], **values: Any) -> None:
    intrinsics = cameras[0].intrinsics
    if any(camera.intrinsics != intrinsics for camera in cameras):
        raise OptionError("the cameras of one file of poses have the same intrinsics; make them so")
    poses = np.stack([camera.world_to_camera for camera in cameras])
    write_transforms(path, poses, intrinsics, **values)
