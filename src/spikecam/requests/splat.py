"""A request for a scene of Gaussians, fitted to what a moving camera recorded."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spikecam.encoding import parse_encoding
from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.atomic import keeping_existing_file, refuse_existing
from spikecam.io.paths import PathLike, check_output_file
from spikecam.io.pictures import write_picture
from spikecam.requests.frame_choice import requested_span
from spikecam.requests.recording_file import Spikes, open_spikes
from spikecam.requests.scene_cameras import check_fov
from spikecam.requests.splat_memory import fit_bytes, scene_bytes
from spikecam.requests.splat_options import SplatOptions
from spikecam.requests.splat_recordings import (
    observe_flight,
    observe_posed_pictures,
    observe_still_cameras,
)
from spikecam.resources import check_memory
from spikecam.stream import Span
from spikecam.views.camera import Camera
from spikecam.views.common_point import common_view_point
from spikecam.views.exposure_poses import exposure_corrections, numbered_exposures
from spikecam.views.fit_preview import preview_picture
from spikecam.views.fit_state import load_fit, save_fit
from spikecam.views.fitting import Fit
from spikecam.views.gaussians import Gaussians
from spikecam.views.initial_gaussians import scene_gaussians
from spikecam.views.observed_scene import ObservedScene
from spikecam.views.ply_file import SCENE_SUFFIX, write_ply
from spikecam.views.pose_checks import check_views
from spikecam.views.pose_corrections import PoseCorrections, correction_knots
from spikecam.views.pose_files.nerf import write_transforms
from spikecam.views.pose_files.pose_file import PoseFile
from spikecam.views.pose_files.read import read_poses

# Most knots of the corrections of a flight.
_MAX_POSE_KNOTS = 180
_SAVE_SECONDS = 30.0


@dataclass(frozen=True)
class SplatProgress:
    """How far a fit is.

    Attributes:
        step: steps that are done.
        loss: of the last observation.
        gaussians: their number.
    """

    step: int
    loss: float
    gaussians: int


@dataclass(frozen=True, eq=False)
class CheckedSplat:
    """A fit that can begin.

    Attributes:
        fit: at its first step, or where a stopped one left it.
        scene: what was observed.
        settings: that a stored state belongs to.
    """

    fit: Fit
    scene: ObservedScene
    settings: Mapping[str, Any]

    @property
    def facts(self) -> tuple[str, ...]:
        """Sentences on what was decided."""
        return tuple(self.scene.facts)

    def resume(self, output: Path) -> bool:
        """Go on from the state beside an output, and say whether there is one.

        Raises:
            FileError: the state is damaged.
            OptionError: it belongs to other settings, poses or recordings.
        """
        state = state_path(output)
        if not state.exists():
            return False
        load_fit(state, self.fit, self.settings)
        return True

    def run(
        self, output: Path, *, overwrite: bool | None = None
    ) -> Generator[SplatProgress, None, None]:
        """Fit, and yield after each step.

        The scene, its state (`state_path`), a preview (`preview_path`) and poses that are refined
        (`refined_poses_path`) are written every half a minute, and where the fit is interrupted or
        the iterator closed. At the end the state is removed; the others stay.

        Args:
            output: the scene.
            overwrite: False refuses a scene that another program has written since the check.

        Raises:
            OutputError: they cannot be written.
        """
        start = self.fit.step_number
        # A scene of its own, which is there once it is written, is replaced.
        is_protected = overwrite is False and start == 0
        saved = time.monotonic()
        loss = math.nan
        try:
            while self.fit.step_number < self.fit.options.steps:
                loss = self.fit.step()
                if time.monotonic() - saved > _SAVE_SECONDS:
                    self._save(output, is_protected)
                    is_protected, saved = False, time.monotonic()
                yield SplatProgress(self.fit.step_number, loss, len(self.fit.gaussians))
        except (KeyboardInterrupt, GeneratorExit):
            # In the middle of a change the state of the last half a minute is the better.
            if self.fit.step_number > start and not self.fit.is_changing:
                self._save(output, is_protected)
            raise
        self._write(output, is_protected)
        state_path(output).unlink(missing_ok=True)

    def _save(self, output: Path, is_protected: bool) -> None:
        self._write(output, is_protected)
        save_fit(state_path(output), self.fit, self.settings)

    def _write(self, output: Path, is_protected: bool) -> None:
        with keeping_existing_file(output) if is_protected else nullcontext():
            write_ply(output, self.fit.gaussians)
        write_picture(preview_path(output), preview_picture(self.fit))
        if self.fit.corrections is not None:
            poses = self.scene.poses
            write_transforms(
                refined_poses_path(output),
                np.stack([self.fit.camera(t).world_to_camera for t in self.scene.pose_times]),
                self.scene.intrinsics,
                times=poses.times,
                pictures=poses.pictures,
            )


def check_scene_output(
    output: PathLike, *, overwrite: bool | None = None, inputs: Iterable[PathLike] = ()
) -> Path:
    """Refuse, before any work, a scene that cannot be written; return its path.

    Args:
        output: the scene.
        overwrite: False refuses a scene, a preview or refined poses that exist, unless the state of
            a fit is beside them, which goes on.
        inputs: files that the scene is made of, which are never replaced.

    Raises:
        OutputError: another ending, an input, or a place that is in use or cannot be written.
    """
    path = check_output_file(output, (SCENE_SUFFIX,), "scenes of Gaussians", inputs=inputs)
    if overwrite is False and not state_path(path).exists():
        for file in (path, preview_path(path), refined_poses_path(path)):
            refuse_existing(file)
    return path


def state_path(output: Path) -> Path:
    """File of the state of a fit, beside the scene that it makes."""
    return output.with_name(output.name + ".fit.npz")


def preview_path(output: Path) -> Path:
    """Picture of how far a fit is, beside its scene: a measurement, and the scene from there."""
    return output.with_name(output.name + ".preview.png")


def refined_poses_path(output: Path) -> Path:
    """File of the poses that were refined with a scene, a transforms.json beside it."""
    return output.with_name(output.name + ".poses.json")


@dataclass(frozen=True)
class SplatRequest:
    """Request for a scene of Gaussians, as plain values.

    Attributes:
        spikes: the recordings: one of a camera that flies; or one for each pose of a camera that
            stands still; none for plain pictures, which the file of poses names.
        poses: file of poses, see `read_poses`; for one recording with times in its frames.
        photographs: file of poses of blurry photographs of a flight, with the times of their
            middles.
        frames: of the recording of a camera that flies, (start, stop) or text START:STOP; by
            default all.
        fov: horizontal field of view in degrees, where the poses have none.
        options: of what is observed, and of the fit.
        fpn: the spike camera's fixed pattern.
    """

    spikes: Sequence[Spikes]
    poses: PathLike
    photographs: PathLike | None = None
    frames: Span | str | None = None
    fov: float | None = None
    options: SplatOptions = field(default_factory=SplatOptions)
    fpn: FixedPattern | None = None

    def check(self) -> CheckedSplat:
        """Check the request, and read what is observed.

        Raises:
            FileError: a file that is missing, damaged or of another kind.
            OptionError, RangeError, GeometryError, ResourceError: what cannot be, such as poses
                that do not cover the recording, or show no parallax.
        """
        self._check_values()
        poses = read_poses(self.poses)
        if not self._is_flight:
            check_views(poses.world_to_camera, str(self.poses))
        scene = self._observe(poses)
        scene.facts.append(
            f"{len(scene.observations)} observations; the fit takes about "
            f"{math.ceil(fit_bytes(scene, self.options) / 1e6):,} MB of memory"
        )
        gaussians, distance = self._initial_gaussians(scene)
        fit = Fit(
            scene.observations,
            scene.camera_at,
            gaussians,
            parse_encoding(self.options.encoding),
            distance,
            self.options.fit,
            self._corrections(scene, distance),
        )
        return CheckedSplat(fit, scene, self.options.values() | scene.digests())

    @property
    def _is_flight(self) -> bool:
        return len(self.spikes) == 1

    def _check_values(self) -> None:
        check_fov(self.fov)
        if self.photographs is not None and not self._is_flight:
            raise OptionError(
                "photographs are of the flight of one recording; leave them out for still cameras "
                "and plain pictures"
            )
        if self.photographs is None and self.options.exposure is not None:
            raise OptionError(
                "an exposure is of photographs; leave it out, or give them by --photographs (in "
                "Python photographs=)"
            )
        if self.frames is not None and not self._is_flight:
            raise OptionError(
                "frames are of the one recording of a camera that flies; leave them out for still "
                "cameras and plain pictures"
            )
        if not self.spikes and (self.fpn is not None or self.options.bayer):
            raise OptionError(
                "a fixed pattern and bayer are of spikes; leave them out for plain pictures"
            )
        options = self.options
        if self.spikes and options.exposure_poses:
            raise OptionError(
                "poses within exposures are fitted to plain pictures; of a recording, whose poses "
                "reach over all times, they can be corrected by --refine-poses"
            )
        check_memory(
            scene_bytes(options),
            f"a scene of {options.fit.gaussians:,} Gaussians",
            "choose fewer by --gaussians",
        )

    def _observe(self, poses: PoseFile) -> ObservedScene:
        if not self.spikes:
            return observe_posed_pictures(poses, self.fov, self.options)
        streams = [open_spikes(one) for one in self.spikes]
        if not self._is_flight:
            return observe_still_cameras(streams, poses, self.fov, self.options, self.fpn)
        photographs = None if self.photographs is None else read_poses(self.photographs)
        (stream,) = streams
        span = requested_span(stream, self.frames)
        return observe_flight(stream, span, poses, photographs, self.fov, self.options, self.fpn)

    def _corrections(self, scene: ObservedScene, distance: float) -> PoseCorrections | None:
        """Corrections of the poses, where they are fitted; all are zero or small."""
        knots = scene.pose_times
        if self.options.exposure_poses:
            seed = self.options.fit.seed
            return exposure_corrections(numbered_exposures(len(knots)), distance, seed=seed)
        if not self.options.refine_poses:
            return None
        if self._is_flight:
            knots = correction_knots(knots)
            if len(knots) > _MAX_POSE_KNOTS:
                knots = np.linspace(knots[0], knots[-1], _MAX_POSE_KNOTS)
        return PoseCorrections(knots, distance)

    def _initial_gaussians(self, scene: ObservedScene) -> tuple[Gaussians, float]:
        """Half as many Gaussians as the scene may have, for the fit adds some."""
        poses, most = scene.poses.world_to_camera, self.options.fit.gaussians
        return scene_gaussians(
            [Camera(scene.intrinsics, pose) for pose in poses],
            common_view_point(poses),
            min(most, max(4, most // 2)),
            degree=self.options.degree,
            channels=3 if scene.has_colours else 1,
            rng=np.random.default_rng(self.options.fit.seed),
        )
