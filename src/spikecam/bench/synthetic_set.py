"""A stand-in for the papers' data sets, where nobody has them: scenes made on the spot.

Photographs that come with scikit-image move as a camera in a hand sees them; in front of every
second one something else moves. Nothing here was trained or tuned on these photographs, yet they
are few: figures on them are no figures on the data sets.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

import spikecam as sc
from spikecam.picture import Picture
from spikecam.stream import Span

# Photographs in colour that lie in scikit-image itself, and pixels that each moves in an exposure.
_PHOTOS = {"astronaut": 12, "chelsea": 24, "coffee": 36, "rocket": 18, "retina": 30}
_SIZE = (224, 320)


class Film(NamedTuple):
    """A sharp film, and when its blurry picture is exposed.

    Attributes:
        name: of the photograph.
        frames: uint8 (T, H, W, 3).
        exposure: frames (start, stop).
    """

    name: str
    frames: npt.NDArray[np.uint8]
    exposure: Span

    def blur(self) -> Picture:
        """The blurry picture, (H, W, 3) in [0, 1]."""
        return sc.average_frames(self.frames[slice(*self.exposure)])

    def sharp(self, frame: int) -> Picture:
        """One frame, (H, W, 3) in [0, 1]."""
        sharp: Picture = self.frames[frame].astype(np.float32) / np.float32(255)
        return sharp


def describe(limit: int | None = None) -> str:
    """What the stand-in is, in words; with ``limit`` only so many of its scenes."""
    count = min(limit or len(_PHOTOS), len(_PHOTOS))
    photographs = "1 photograph" if count == 1 else f"{count} photographs"
    return f"{photographs} of scikit-image in motion, {_SIZE[1]}x{_SIZE[0]}, simulated"


def films(frames: int, exposure: Span, count: int | None = None) -> list[Film]:
    """Films of the scenes, the first ``count`` or all; the same ones whenever they are made."""
    from skimage import data

    photos = {name: getattr(data, name)() for name in _PHOTOS}
    made = []
    for number, (name, speed) in enumerate(list(_PHOTOS.items())[:count]):
        front = [photos[list(photos)[number - 2]]] if number % 2 else []
        film = sc.moving_scene(
            photos[name],
            size=_SIZE,
            frames=frames,
            exposure=exposure,
            speed=speed,
            foregrounds=front,
            seed=number,
        )
        made.append(Film(name, np.stack(list(film)), exposure))
    return made
