"""New data sets in the layout of Spike-GOPRO, from photographs and videos.

Every scene is a sequence of sharp frames; a blurry picture is the mean of an exposure's frames, and
its spikes are those of a simulated sensor at a quarter of the size (SpikeReveal
4.1). The camera and the spike camera see the light of a scene, and its pictures are encoded; in the
protocol of the papers, values are light. A scene depends on nothing but its plan, so that any
number of cores make the same files, and a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, replace
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from spikecam.bits import frame_bytes
from spikecam.data.pairs import PICTURE_SCALE
from spikecam.data.plan import Scene, SynthConfig, plan_scenes
from spikecam.data.sources import find_sources
from spikecam.data.spike_gopro import (
    MANIFEST,
    MARGIN_FRAMES,
    exposure_spans,
    light_video_path,
    pair_paths,
    write_spike_gopro_pair,
)
from spikecam.encoding import Encoding, is_encoding_file, parse_encoding, quarter_gray_light
from spikecam.errors import OptionError, OutputError
from spikecam.exposure import FrameAverage
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.atomic import atomic_path, check_output_folder
from spikecam.io.digest import file_digest
from spikecam.io.pictures import quantize_to_levels, read_picture
from spikecam.io.video import video_frames
from spikecam.resources import usable_cores
from spikecam.scenes.interpolation import interpolate_frames
from spikecam.scenes.layers import Frame
from spikecam.scenes.motion import moving_scene
from spikecam.scenes.scene_frames import require_frame_count
from spikecam.sensor.integrate_and_fire import simulate

# Number of sharp frames stored of each exposure, as for sequences in SpikeReveal's Table 1.
_SHARP_FRAMES = 7


class Synthesis:
    """Synthesis of a data set from photographs and videos, run by iterating over its scenes.

    Nothing is written before the first step. The folder is new, or that of a run with the same
    sources and settings which was stopped: what is there stays.

    Args:
        sources: photographs, videos, or folders of them.
        folder: where to.
        config: the settings.
        fpn: the fixed pattern of the simulated camera.
        workers: scenes made at a time; as many as there are cores by default.

    Yields:
        Each `Scene` when it is whole; ``len`` of this object is how many there will be.

    Raises:
        FileError: sources that cannot be read, or end early.
        OptionError: settings that cannot be, or that the sources do not suffice for.
        OutputError: the folder holds something else, or cannot be written.
    """

    def __init__(
        self,
        sources: Iterable[str | Path],
        folder: str | os.PathLike[str],
        config: SynthConfig | None = None,
        *,
        fpn: FixedPattern | None = None,
        workers: int | None = None,
    ) -> None:
        self.folder, self.config = Path(folder), config or SynthConfig()
        if workers is not None and workers < 1:
            raise OptionError(f"workers are at least 1, not {workers}")
        self.workers = workers or usable_cores()
        height, width = self.config.size
        shape = height // PICTURE_SCALE, width // PICTURE_SCALE
        if fpn is not None:
            fpn.check_shape(shape, "the simulated camera")
        elif self.config.sensor.has_fixed_pattern:
            # One camera records all scenes.
            fpn = FixedPattern.random(shape, self.config.seed)
        self.fpn = fpn
        self.sources = find_sources(sources, excluded_folder=self.folder)
        self.scenes = plan_scenes(self.sources, self.config)
        _check_dataset_folder(self.folder, self._manifest_json())

    def __len__(self) -> int:
        return len(self.scenes)

    def __iter__(self) -> Iterator[Scene]:
        text = self._manifest_json()
        _check_dataset_folder(self.folder, text)
        with atomic_path(self.folder / MANIFEST) as temporary:
            temporary.write_text(text, encoding="utf-8")
        for notation in filter(is_encoding_file, self.config.encodings):
            with atomic_path(self.folder / _stored_encoding(notation)) as temporary:
                shutil.copyfile(notation, temporary)
        stop = Event()
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="spikecam-synth")
        try:
            jobs = {
                pool.submit(
                    write_missing_pairs, self.folder, scene, self.config, self.fpn, stop
                ): scene
                # Shuffled, so that a run which is stopped has made some of every split.
                for scene in sorted(self.scenes, key=lambda scene: scene.seed)
            }
            for job in as_completed(jobs):
                job.result()
                yield jobs[job]
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)

    def _manifest_json(self) -> str:
        """Manifest of the data set as JSON: settings, sources and scenes."""
        fpn = None if self.fpn is None else self.fpn.digest()
        manifest: dict[str, Any] = {
            "made by": "spikecam synth",
            "format": 1,
            "exposure": [MARGIN_FRAMES, MARGIN_FRAMES + self.config.length],
            "settings": asdict(self.config)
            | {"encodings": list(map(_stored_encoding, self.config.encodings))},
            "fixed pattern": fpn,
            "sources": {
                source.digest: {"name": Path(source.path).name, "family": source.family}
                for source in sorted(self.sources, key=lambda s: s.digest)
            },
            "scenes": [
                asdict(scene)
                | {
                    "source": scene.source.digest,
                    "foregrounds": [source.digest for source in scene.foregrounds],
                    "encoding": _stored_encoding(scene.encoding),
                }
                for scene in self.scenes
            ],
        }
        return json.dumps(manifest, indent=1) + "\n"


def _stored_encoding(notation: str) -> str:
    """Notation of an encoding in a data set.

    Files of curves lie in its folder and are named by their content, so that a manifest depends on
    no other place.
    """
    if not is_encoding_file(notation):
        return notation
    return f"encoding_{file_digest(Path(notation))[:12]}.json"


def write_missing_pairs(
    dataset_folder: Path,
    scene: Scene,
    config: SynthConfig,
    fpn: FixedPattern | None,
    stop_event: Event,
) -> None:
    """Simulate and write the missing pairs of a scene. It stops when the event is set."""
    spans = exposure_spans(config.scene_frame_count, length=config.length, gap=config.gap)
    starts = [start - MARGIN_FRAMES for start, _ in spans]
    names = {start: f"{start + MARGIN_FRAMES + config.length // 2:06d}" for start in starts}
    files_of_pair = partial(pair_paths, dataset_folder, scene.split, scene.name)
    sharp_frames = _stored_sharp_frame_indices(config)
    height, width = (side // PICTURE_SCALE for side in config.size)
    recording_bytes = config.pair_frame_count * frame_bytes(height, width)
    missing_starts = []
    for start in starts:
        files = files_of_pair(names[start], sharp_frames, MARGIN_FRAMES + config.length // 2)
        if config.light:
            files.append(light_video_path(dataset_folder, scene.split, scene.name, names[start]))
        if not all(path.exists() for path in files) or files[0].stat().st_size != recording_bytes:
            missing_starts.append(start)
        for parent in {path.parent for path in files}:
            # What a run left that was killed while it wrote.
            for part in parent.glob(".*.part*"):
                part.unlink(missing_ok=True)
    encoding = replace(parse_encoding(scene.encoding), colour_weights=scene.colour_weights)
    recorders: dict[int, _PairCollector] = {}
    for frame_index, frame in enumerate(_scene_frames(scene, config) if missing_starts else ()):
        if stop_event.is_set():
            return
        if frame_index in missing_starts:
            recorders[frame_index] = _PairCollector(config, encoding)
        for start, recorder in list(recorders.items()):
            if recorder.add(frame):
                light = np.stack(recorder.light)
                stream = simulate(
                    light,
                    config.sensor,
                    threshold=scene.threshold,
                    seed=scene.seed + start,
                    fpn=fpn,
                    exposure=recorder.exposure,
                )
                write_spike_gopro_pair(
                    dataset_folder,
                    scene.split,
                    scene.name,
                    names[start],
                    stream=stream,
                    blur=recorder.blur.mean_picture(),
                    sharp=recorder.sharp,
                    light=np.rint(light * 65535).astype(np.uint16) if config.light else None,
                )
                del recorders[start]


class _PairCollector:
    """Collects light, blurry picture and sharp frames of one pair, frame by frame."""

    def __init__(self, config: SynthConfig, encoding: Encoding) -> None:
        self.exposure = (MARGIN_FRAMES, MARGIN_FRAMES + config.length)
        self.sharp_frames = _stored_sharp_frame_indices(config)
        self.total = config.pair_frame_count
        self.encoding = encoding
        self.blur = FrameAverage(encoding=encoding)
        self.light: list[npt.NDArray[np.float32]] = []
        self.sharp: dict[int, Frame] = {}

    def add(self, frame: Frame) -> bool:
        """Add the next frame. Returns whether it was the last."""
        frame_index = len(self.light)
        self.light.append(quarter_gray_light(frame, self.encoding))
        if self.exposure[0] <= frame_index < self.exposure[1]:
            self.blur.add(frame)
        if frame_index in self.sharp_frames:
            self.sharp[frame_index] = frame.copy()
        return len(self.light) == self.total


def _stored_sharp_frame_indices(config: SynthConfig) -> set[int]:
    """Indices of the frames of a pair whose sharp pictures are stored."""
    spread = np.rint(
        np.linspace(MARGIN_FRAMES, MARGIN_FRAMES + config.length - 1, _SHARP_FRAMES)
    ).astype(int)
    return {*spread.tolist(), MARGIN_FRAMES + config.length // 2}


def _scene_frames(scene: Scene, config: SynthConfig) -> Iterator[Frame]:
    source = scene.source.path
    if scene.source.is_photo:
        yield from moving_scene(
            read_picture(source),
            size=config.size,
            frames=config.scene_frame_count,
            exposure=(MARGIN_FRAMES, MARGIN_FRAMES + config.length),
            speed=scene.speed,
            foregrounds=[read_picture(front.path) for front in scene.foregrounds],
            seed=scene.seed,
        )
        return
    frame_count = -(-(config.scene_frame_count - 1) // config.interpolate) + 1
    pictures = islice(video_frames(source), scene.start, scene.start + frame_count)
    resized = (_crop_and_resize(picture, config.size) for picture in pictures)
    frames = islice(interpolate_frames(resized, config.interpolate), config.scene_frame_count)
    yield from require_frame_count(frames, config.scene_frame_count, source)


def _crop_and_resize(picture: npt.NDArray[np.float32], size: tuple[int, int]) -> Frame:
    """Crop the middle of a picture to the aspect ratio of a size, and resize it."""
    height, width = size
    image = Image.fromarray(quantize_to_levels(picture)).convert("RGB")
    scale = max(width / image.width, height / image.height)
    across, down = width / scale, height / scale
    left, top = (image.width - across) / 2, (image.height - down) / 2
    box = (left, top, left + across, top + down)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS, box))


def _check_dataset_folder(dataset_folder: Path, manifest_json: str) -> None:
    """Refuse a folder that holds anything but a part of this same data set."""
    manifest_path = dataset_folder / MANIFEST
    if not manifest_path.exists():
        check_output_folder(dataset_folder)
    elif manifest_path.read_text(encoding="utf-8") != manifest_json:
        raise OutputError(
            f"{dataset_folder} was begun with other sources or settings; repeat those, or name a "
            "new folder"
        )
