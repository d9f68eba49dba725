"""What scenes are fitted to in the benchmark of new views: observations, losses and poses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import spikecam as sc
from spikecam.bench.view_cases import ViewCase, clear_view, gray_picture
from spikecam.bench.view_poses import (
    cameras_of_photographs,
    exposures_of_photographs,
    inexact_cameras,
    path_corrections,
    photograph_corrections,
    photograph_spans,
    true_cameras,
)
from spikecam.encoding import SRGB
from spikecam.picture import Picture
from spikecam.requests.splat_options import SplatOptions
from spikecam.stream import Span
from spikecam.views.camera import CameraAt
from spikecam.views.exposure_poses import exposure_times
from spikecam.views.flight import photographs_of_flight
from spikecam.views.motion_in_window import choose_views, choose_window, spread_windows
from spikecam.views.observations import (
    Observation,
    observe_pictures,
    observe_windows,
    window_times,
)
from spikecam.views.picture_loss import PictureLoss
from spikecam.views.pose_corrections import PoseCorrections
from spikecam.views.spike_nerf_icme import SpikeNerfLoss, observe_spike_nerf
from spikecam.views.spikegs import observe_spikegs
from spikecam.views.spikenerf_cvpr import observe_spike_counts, spike_count_loss
from spikecam.views.view_loss import ViewLoss, observed_light_loss

# Frames of the flight for each clear picture.
_CLEAR_FRAMES = 60
# Windows of TFP in frames: about the best of 9, 21 and 33 for two stages.
_TFP_WINDOW = 21
# Frames in which a pixel that fires once at most is black to Spike-NeRF; with fewer, dim ones are.
MASK_FRAMES = 41
# Frames around a moment that the losses of the papers need in the recording.
_LONG_WINDOW = 41


@dataclass(frozen=True)
class FitRow:
    """A row of the table: observations and the loss of a fit to them.

    Attributes:
        observe: makes the observations of a case.
        loss: of the fit.
        cameras: makes the cameras that the fit is given; by default the true ones.
        corrections: makes corrections of their poses, of the distance of the scene, where they are
            fitted together with it.
    """

    observe: Callable[[ViewCase], Iterator[Observation]]
    loss: ViewLoss = observed_light_loss
    cameras: Callable[[ViewCase], CameraAt] = true_cameras
    corrections: Callable[[ViewCase, float], PoseCorrections] | None = None


def observe_charge(case: ViewCase) -> Iterator[Observation]:
    """Windows of charge, as `spikecam splat` takes them."""
    window = choose_window(case.motion)
    spans = _spans(case, window)
    views = choose_views(case.motion, window)
    return observe_windows(case.stream, spans, case.scale, views=views)


def observe_method(case: ViewCase, method: str, **options: int) -> Iterator[Observation]:
    """Pictures of a method of reconstruct: two stages."""
    window = options.get("window", 1)
    middles = [(start + stop - 1) // 2 for start, stop in _spans(case, max(window, 9))]
    rates = sc.reconstruct_frames(case.stream, method, frames=middles, **options)
    light = (case.scale.light(rate) for rate in rates)
    yield from observe_pictures(light, ((float(t),) for t in middles))


def observe_clear(case: ViewCase) -> Iterator[Observation]:
    """Clear pictures along the flight."""
    count = max(3, case.flight.frame_count // _CLEAR_FRAMES)
    times = [float(t) for t in np.linspace(0, case.flight.frame_count - 1, count)]
    light = (SRGB.decode(clear_view(case.flight, case.flight.camera_at(t))) for t in times)
    yield from observe_pictures(light, ((t,) for t in times))


def observe_blurry(case: ViewCase, views: int | None) -> Iterator[Observation]:
    """Blurry photographs along the flight, with so many views in each; None for enough."""
    spans = photograph_spans(case.flight)
    start, stop = spans[0]
    count = views or choose_views(case.motion, stop - start)
    times = [window_times(span, count) for span in spans]
    yield from observe_pictures(_blurry_light(case), times)


def observe_exposures(case: ViewCase) -> Iterator[Observation]:
    """Blurry photographs along the flight, as BAD-Gaussians has them."""
    yield from observe_pictures(
        _blurry_light(case), exposure_times(exposures_of_photographs(case.flight))
    )


def observe_intervals(case: ViewCase) -> Iterator[Observation]:
    """Interval pictures, and pictures of 33 frames with nine views each, as SpikeGS has them."""
    yield from observe_spikegs(case.stream, _middles(case, _LONG_WINDOW), case.scale)


def observe_neurons(case: ViewCase) -> Iterator[Observation]:
    """Counts of windows, which neurons over the render are to fire, as SpikeNeRF has them."""
    return observe_spike_counts(case.stream, _spans(case, _LONG_WINDOW), case.scale)


def observe_masked(case: ViewCase) -> Iterator[Observation]:
    """Intervals and spikes of moments, as Spike-NeRF has them."""
    frames = _middles(case, _LONG_WINDOW)
    return observe_spike_nerf(case.stream, frames, case.scale, mask_frames=MASK_FRAMES)


ROWS = {
    "clear pictures": FitRow(observe_clear, PictureLoss()),
    "blurry photographs": FitRow(lambda case: observe_blurry(case, 1), PictureLoss()),
    "blur along the path (DeblurGS)": FitRow(
        lambda case: observe_blurry(case, None), PictureLoss()
    ),
    "blur between two poses (BAD-Gaussians)": FitRow(
        observe_exposures, PictureLoss(), cameras_of_photographs, photograph_corrections
    ),
    "tfp": FitRow(lambda case: observe_method(case, "tfp", window=_TFP_WINDOW), PictureLoss()),
    "tfi": FitRow(lambda case: observe_method(case, "tfi"), PictureLoss()),
    "fusion": FitRow(lambda case: observe_method(case, "fusion"), PictureLoss()),
    "Spike-NeRF's loss": FitRow(observe_masked, SpikeNerfLoss()),
    "SpikeNeRF's loss": FitRow(observe_neurons, spike_count_loss),
    "SpikeGS's loss": FitRow(observe_intervals, PictureLoss()),
    "charge": FitRow(observe_charge),
    "charge, poses off": FitRow(observe_charge, cameras=inexact_cameras),
    "charge, poses off and refined": FitRow(
        observe_charge, cameras=inexact_cameras, corrections=path_corrections
    ),
}
"""Rows of the table by name: 3DGS fitted to pictures and photographs, the losses of the papers in
the same fit, "fusion", in two stages as SpikeGen has them, and "charge", which is ours; that also
with poses of another place and direction."""


def _middles(case: ViewCase, window: int) -> list[int]:
    return [(start + stop - 1) // 2 for start, stop in _spans(case, window)]


def _blurry_light(case: ViewCase) -> Iterator[Picture]:
    photographs = photographs_of_flight(case.flight, photograph_spans(case.flight))
    return (SRGB.decode(gray_picture(photograph)) for photograph in photographs)


def _spans(case: ViewCase, window: int) -> list[Span]:
    return spread_windows((0, len(case.stream)), window, SplatOptions().windows)
