"""Flights through scenes of Gaussians."""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from spikecam.encoding import SRGB
from spikecam.picture import Picture
from spikecam.views.camera import Camera, CameraAt
from spikecam.views.display_pictures import display_picture
from spikecam.views.fitting import Fit
from spikecam.views.flight import Flight
from spikecam.views.gaussians import Gaussians
from spikecam.views.key_frames import depth_of_points
from spikecam.views.rendering import render

# Fainter Gaussians do not count as things that move, unless most are. Fits leave some in front of
# the cameras, which would make a key frame of every frame.
_MIN_OPACITY = 0.1


def gaussian_flight(
    gaussians: Gaussians, camera_at: CameraAt, frame_count: int, *, background: float = 0.0
) -> Flight:
    """Flight of a camera through a scene of Gaussians.

    Renders are display values, and the light of the flight is their sRGB decoding. Depths are those
    of the centres of all Gaussians but faint ones, which take a tenth of the time of rendered ones.

    Args:
        gaussians: the scene, in colours or gray.
        camera_at: the camera at a time in frames, from 0 to ``frame_count - 1``.
        frame_count: frames of spikes.
        background: gray level behind the scene, a display value in [0, 1].

    Raises:
        OptionError: no frames.
    """

    def light(camera: Camera) -> Picture:
        return SRGB.decode(display_picture(render(gaussians, camera, background=background)))

    opacities = gaussians.opacities
    is_faint = opacities < min(_MIN_OPACITY, float(np.median(opacities)))
    depth = partial(depth_of_points, gaussians.means[~is_faint])
    return Flight(light, depth, camera_at, frame_count)


def fitted_flight(
    fit: Fit, camera_at: CameraAt, frame_count: int, *, background: float = 0.0
) -> Flight:
    """Flight through the scene of a fit, as it is when the first view of the flight is asked for.

    Args:
        fit: which makes its steps before that.
        camera_at, frame_count, background: as for `gaussian_flight`.
    """

    @cache
    def flight() -> Flight:
        return gaussian_flight(fit.gaussians, camera_at, frame_count, background=background)

    return Flight(
        lambda camera: flight().render(camera),
        lambda camera: flight().depth(camera),
        camera_at,
        frame_count,
    )
