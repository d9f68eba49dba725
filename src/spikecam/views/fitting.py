"""Fitting Gaussians to what a moving camera recorded.

Each step renders the views that one observation averages, compares their light with what was
measured, and moves every parameter by Adam. Every hundred steps Gaussians that are not seen move to
where there is much to see, and some are added, up to a number (3DGS-MCMC, Kheradmand et al., 2024).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.encoding import Encoding
from spikecam.errors import OptionError
from spikecam.views.backend import View, pick_renderer
from spikecam.views.background import check_background
from spikecam.views.camera import Camera, CameraAt, Intrinsics
from spikecam.views.gaussians import Floats, Gaussians
from spikecam.views.observations import Observation, mixing_of
from spikecam.views.optimizer import Adam
from spikecam.views.pose_corrections import PoseCorrections
from spikecam.views.predicted_light import LightTable
from spikecam.views.relocation import MIN_OPACITY, choose_sources, split_gaussians
from spikecam.views.view_loss import ViewLoss, observed_light_loss

# Steps from one relocation to the next, the share of the fit after which none follow, and the
# share of Gaussians that are added each time.
_RELOCATION_STEPS, _RELOCATION_SHARE, _GROWTH = 100, 0.8, 0.05
# Weights of the mean opacity and the mean scale in the loss, which free Gaussians that do little.
_OPACITY_WEIGHT, _SCALE_WEIGHT = 0.001, 0.01
# Rates of scales, rotations, opacities, colours and the other harmonics; that of means is a share
# of the distance of the scene. At the end means have a hundredth of theirs, poses three, and all
# others a tenth.
_MEAN_RATE, _SCALE_RATE, _ROTATION_RATE, _OPACITY_RATE = 4e-4, 1e-2, 5e-3, 5e-2
_COLOUR_RATE, _HARMONIC_RATE, _POSE_RATE = 1e-2, 1e-3, 3e-4
_MEAN_DECAY, _POSE_DECAY, _DECAY = 0.01, 0.03, 0.1
# Share of the fit after which poses are refined.
_POSE_START = 0.03


@dataclass(frozen=True)
class FitOptions:
    """Options of a fit.

    Attributes:
        steps: of the fit, one observation each.
        gaussians: most Gaussians of the scene.
        background: value behind all, 0 black and 1 white.
        seed: of everything random.
        device: where views are rendered: cpu, cuda with gsplat, or auto.

    Raises:
        OptionError: options that cannot be.
    """

    steps: int = 6000
    gaussians: int = 20_000
    background: float = 0.0
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.steps < 1 or self.gaussians < 1:
            raise OptionError(
                f"steps and gaussians are at least 1, not {self.steps} and {self.gaussians}"
            )
        check_background(self.background)


class Fit:
    """A fit of a scene, one step after another.

    Args:
        observations: what was recorded.
        camera_at: camera of each time of the observations.
        gaussians: the scene to start from; it is changed.
        encoding: of rendered values.
        distance: typical distance of the scene.
        options: of the fit.
        corrections: of the poses, where they are refined.
        loss: of rendered views against an observation.

    Attributes:
        step_number: steps that are done.
        is_changing: whether a step is about to change the scene at this moment, as one may be that
            was interrupted; the state is then not one to go on from.
    """

    def __init__(
        self,
        observations: Sequence[Observation],
        camera_at: CameraAt,
        gaussians: Gaussians,
        encoding: Encoding,
        distance: float,
        options: FitOptions,
        corrections: PoseCorrections | None = None,
        loss: ViewLoss = observed_light_loss,
    ) -> None:
        if not observations:
            raise OptionError("there is nothing to fit a scene to; give a recording or pictures")
        self.observations, self.camera_at, self.gaussians = observations, camera_at, gaussians
        self.options, self.distance = options, distance
        self.corrections, self.loss = corrections, loss
        self.renderer = pick_renderer(options.device)
        self.encoding, self.table = encoding, LightTable.of_encoding(encoding)
        self.step_number = 0
        self.is_changing = False
        self._rng = np.random.default_rng(options.seed)
        self._order: list[int] = []
        self._adams = [Adam(values) for values in gaussians.parameters()]

    def camera(self, time: float, intrinsics: Intrinsics | None = None) -> Camera:
        """Camera at a time, with its correction; with other intrinsics where given."""
        camera = self.camera_at(time)
        if intrinsics is not None:
            camera = Camera(intrinsics, camera.world_to_camera)
        return camera if self.corrections is None else self.corrections.correct(camera, time)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All that changes from step to step, as arrays by name."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "step": np.array(self.step_number),
            "order": np.array(self._order, np.int64),
            "rng": np.array(json.dumps(self._rng.bit_generator.state)),
        }
        for i, (values, adam) in enumerate(
            zip(self.gaussians.parameters(), self._adams, strict=True)
        ):
            arrays |= {f"values_{i}": values, f"first_{i}": adam.first, f"second_{i}": adam.second}
        if self.corrections is not None:
            arrays |= self.corrections.state()
        return arrays

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go back to a state."""
        self.step_number = int(arrays["step"])
        self._order = list(map(int, arrays["order"]))
        self._rng.bit_generator.state = json.loads(str(arrays["rng"]))
        self.gaussians = Gaussians(*(arrays[f"values_{i}"] for i in range(len(self._adams))))
        for i, adam in enumerate(self._adams):
            adam.restore(arrays[f"first_{i}"], arrays[f"second_{i}"], self.step_number)
        if self.corrections is not None:
            self.corrections.restore(arrays)

    def step(self) -> float:
        """Make one step.

        Returns:
            The loss of its observation.

        Raises:
            GeometryError: the camera's picture is not as large as the measurement.
            OptionError: a measurement of colours, and a scene of gray.
        """
        observation = self._next_observation()
        views = self._render(observation)
        mixing = mixing_of(len(observation.target), self.gaussians.harmonics.shape[2])
        loss, by_views = self.loss(
            np.stack([view.picture for view in views]), observation, mixing, self.table
        )
        self._update(views, by_views, observation.times)
        return loss

    def predicted_light(self, observation: Observation) -> Floats:
        """Light that the scene predicts for a measurement, 1 for white, (J, H, W)."""
        views = np.stack([view.picture for view in self._render(observation)])
        light = self.encoding.decode(np.maximum(views, 0)).mean(axis=0)
        mixing = mixing_of(len(observation.target), len(light))
        return np.asarray(np.einsum("jc,chw->jhw", mixing, light), np.float32)

    def _next_observation(self) -> Observation:
        """The next one; it is the next until `_update` takes it from the order."""
        if not self._order:
            self._order = list(self._rng.permutation(len(self.observations)))
        return self.observations[self._order[-1]]

    def _render(self, observation: Observation) -> list[View]:
        return [
            self.renderer(
                self.gaussians,
                self.camera(time, observation.intrinsics),
                background=self.options.background,
            )
            for time in observation.times
        ]

    def _update(self, views: Sequence[View], by_views: Floats, times: Sequence[float]) -> None:
        scene = self.gaussians
        gradients = Gaussians(*(np.zeros_like(values) for values in scene.parameters()))
        progress = min(self.step_number / self.options.steps, 1.0)
        for view, by_view, time in zip(views, by_views, times, strict=True):
            by_pose = view.add_gradients(gradients, by_view)
            if self.corrections is not None and progress >= _POSE_START:
                self.corrections.add_gradient(time, by_pose)
        opacity = scene.opacities
        count = np.float32(len(scene))
        gradients.opacity_logits += np.float32(_OPACITY_WEIGHT) * opacity * (1 - opacity) / count
        scales = np.exp(scene.log_scales) / np.float32(self.distance)
        gradients.log_scales += np.float32(_SCALE_WEIGHT / 3) * scales / count
        decay = _DECAY**progress
        bands = scene.harmonics.shape[1]
        colour_rates = np.full((bands, scene.harmonics.shape[2]), _HARMONIC_RATE, np.float32)
        colour_rates[0] = _COLOUR_RATE
        rates = (
            _MEAN_RATE * self.distance * _MEAN_DECAY**progress,
            _SCALE_RATE * decay,
            _ROTATION_RATE * decay,
            _OPACITY_RATE * decay,
            colour_rates.ravel() * np.float32(decay),
        )
        self.is_changing = True
        triples = zip(self._adams, scene.parameters(), gradients.parameters(), strict=True)
        for (adam, values, gradient), rate in zip(triples, rates, strict=True):
            adam.step(values, gradient, rate)
        if self.corrections is not None and progress >= _POSE_START:
            self.corrections.step(_POSE_RATE * _POSE_DECAY**progress)
        self._order.pop()
        self.step_number += 1
        last = _RELOCATION_SHARE * self.options.steps
        if self.step_number % _RELOCATION_STEPS == 0 and self.step_number <= last:
            self._relocate()
        self.is_changing = False

    def _relocate(self) -> None:
        """Move Gaussians that are not seen, and add some."""
        scene, rng = self.gaussians, self._rng
        opacity = scene.opacities
        dead = np.flatnonzero(opacity <= MIN_OPACITY)
        if len(dead) == len(scene):
            return
        added = min(self.options.gaussians - len(scene), int(_GROWTH * len(scene)))
        sources = choose_sources(opacity, len(dead) + max(added, 0), rng)
        changed, logits, scales = split_gaussians(scene, sources)
        scene.opacity_logits[changed], scene.log_scales[changed] = logits, scales
        for adam in self._adams:
            adam.replace_rows(np.concatenate([changed, dead]))
        for values in scene.parameters():
            values[dead] = values[sources[: len(dead)]]
        if added > 0:
            self._append(sources[len(dead) :])

    def _append(self, sources: npt.NDArray[np.intp]) -> None:
        grown = [
            np.concatenate([values, values[sources]]) for values in self.gaussians.parameters()
        ]
        self.gaussians = Gaussians(*grown)
        for adam in self._adams:
            adam.append_rows(len(sources))
