"""A scene of Gaussians as a visitor has turned it, and its pictures as they are asked for."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from spikecam.app.png import encode_png
from spikecam.io.pictures import encode_picture
from spikecam.picture import Picture
from spikecam.views.camera import Intrinsics
from spikecam.views.display_pictures import depth_picture, display_picture
from spikecam.views.gaussians import Gaussians
from spikecam.views.orbit_view import OrbitView, axis_vector
from spikecam.views.rendering import render
from spikecam.views.scene_extent import scene_extent

# Sides in pixels of the square pictures while the scene moves, and of one that stands still.
MOVING_SIDES = (200, 300, 400, 600)
STILL_SIDE = 800
_FIRST_SIDE = 400
# A picture that took longer than the first is followed by smaller ones, and one that took less
# than the second by larger ones.
_MAX_SECONDS, _MIN_SECONDS = 0.045, 0.015
# The scene stands still after so long without a change.
_STILL_SECONDS = 0.25
# The longest wait for a change, so that the server can end.
_WAIT_SECONDS = 0.3
_FIELD_OF_VIEW = math.radians(40)
# Distances from the target, in radii of the scene.
_DISTANCE_BOUNDS = (0.01, 100.0)
_JPEG_QUALITY = 90


@dataclass(frozen=True)
class SceneSettings:
    """Settings with which a scene is shown.

    Attributes:
        view: from where.
        background: gray level behind the scene, in [0, 1].
        with_depth: show the depth, nearer is brighter.
    """

    view: OrbitView
    background: float = 0.0
    with_depth: bool = False


class SceneViewer:
    """A scene as one visitor has turned it.

    Changes come from one thread, and pictures are made in another, always of the newest settings.

    Args:
        gaussians: the scene.

    Raises:
        OptionError: it has no size.
    """

    def __init__(self, gaussians: Gaussians) -> None:
        self._gaussians, self._extent = gaussians, scene_extent(gaussians)
        self._bounds = tuple(self._extent.radius * share for share in _DISTANCE_BOUNDS)
        self._changed = threading.Condition()
        self._settings = SceneSettings(self._first_view("z"))
        self._version = 0
        self._closed = False
        self._moving_side = _FIRST_SIDE

    @property
    def settings(self) -> SceneSettings:
        """The present settings."""
        return self._settings

    def set_up(self, axis: str) -> None:
        """Show the scene as at first, with an axis up, as `axis_vector` names it."""
        self._set(replace(self._settings, view=self._first_view(axis)))

    def set_background(self, level: float) -> None:
        """Set the gray level behind the scene, in [0, 1]."""
        self._set(replace(self._settings, background=level))

    def set_depth(self, is_visible: bool) -> None:
        """Show the depth, or the scene itself."""
        self._set(replace(self._settings, with_depth=is_visible))

    def turn(self, right: float, down: float) -> None:
        """Turn the scene, by degrees."""
        self._set(replace(self._settings, view=self._settings.view.turn(right, down)))

    def pan(self, right: float, down: float) -> None:
        """Move the scene in the picture, by shares of its side."""
        share = 2 * math.tan(_FIELD_OF_VIEW / 2)
        view = self._settings.view.pan(share * right, share * down)
        self._set(replace(self._settings, view=view))

    def zoom(self, factor: float) -> None:
        """Set the distance to the target to ``factor`` times the present one, within bounds."""
        near, far = self._bounds
        self._set(replace(self._settings, view=self._settings.view.zoom(factor, (near, far))))

    def close(self) -> None:
        """End the streams of pictures."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def render_png(self) -> bytes:
        """The scene as it is shown, as a PNG file."""
        return encode_png(self._render(self._settings, STILL_SIDE))

    def iter_jpegs(self) -> Iterator[bytes]:
        """Yield a JPEG file of the newest settings whenever they have changed, until it is closed.

        Settings that change while a picture is made or sent are skipped. Pictures are smaller while
        the scene moves, as the time that they take demands. A file is empty where nothing has
        changed for a moment.
        """
        version, is_small = -1, False
        while True:
            timeout = _STILL_SECONDS if is_small else _WAIT_SECONDS
            is_first, before = version < 0, version
            version, settings = self._wait_for_change(before, timeout)
            if self._closed:
                return
            if version != before:
                start = time.perf_counter()
                jpeg = self._encode(settings, self._moving_side)
                # The first one also waits for the compiler.
                if not is_first:
                    self._choose_moving_side(time.perf_counter() - start)
                yield jpeg
            else:
                yield self._encode(settings, STILL_SIDE) if is_small else b""
            is_small = version != before

    def _wait_for_change(self, version: int, timeout: float) -> tuple[int, SceneSettings]:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._version != version, timeout)
            return self._version, self._settings

    def _set(self, settings: SceneSettings) -> None:
        with self._changed:
            self._settings = settings
            self._version += 1
            self._changed.notify_all()

    def _first_view(self, axis: str) -> OrbitView:
        distance = self._extent.distance_in_view(_intrinsics(STILL_SIDE))
        return OrbitView(self._extent.middle, distance, axis_vector(axis))

    def _choose_moving_side(self, seconds: float) -> None:
        place = MOVING_SIDES.index(self._moving_side)
        if seconds > _MAX_SECONDS:
            place = max(place - 1, 0)
        elif seconds < _MIN_SECONDS:
            place = min(place + 1, len(MOVING_SIDES) - 1)
        self._moving_side = MOVING_SIDES[place]

    def _encode(self, settings: SceneSettings, side: int) -> bytes:
        return encode_picture(self._render(settings, side), "jpeg", quality=_JPEG_QUALITY)

    def _render(self, settings: SceneSettings, side: int) -> Picture:
        camera = settings.view.camera(_intrinsics(side))
        view = render(
            self._gaussians,
            camera,
            background=settings.background,
            with_depth=settings.with_depth,
        )
        if not settings.with_depth:
            return display_picture(view)
        return depth_picture(view, *self._extent.depth_range(np.asarray(camera.centre)[None]))


def _intrinsics(side: int) -> Intrinsics:
    return Intrinsics.from_field_of_view(side, side, _FIELD_OF_VIEW)
