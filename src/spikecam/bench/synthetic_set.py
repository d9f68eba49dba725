"""A synthetic substitute for the papers' data sets: photographs of scikit-image in motion.

Each photograph moves as a hand-held camera would see it; in every second scene another photograph
moves in the foreground. Nothing here was trained or tuned on these photographs, yet they
are few: figures on them are no figures on the data sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

import spikecam as sc
from spikecam.encoding import LINEAR, Encoding
from spikecam.picture import Picture
from spikecam.scenes.layers import MovingLayer, iter_rendered_frames
from spikecam.scenes.motion import scene_layers
from spikecam.stream import Span

# Colour photographs that scikit-image installs, and their motion in pixels during an exposure.
_PHOTOS = {"astronaut": 12, "chelsea": 24, "coffee": 36, "rocket": 18, "retina": 30}
# Height and width of the pictures.
SCENE_SIZE = (224, 320)


class SyntheticSequence(NamedTuple):
    """A synthetic sequence of sharp pictures, and the exposure of its blurry picture.

    Attributes:
        name: of the photograph.
        frames: uint8 (T, H, W, 3).
        exposure: frames (start, stop).
    """

    name: str
    frames: npt.NDArray[np.uint8]
    exposure: Span

    def blur(self, encoding: Encoding = LINEAR) -> Picture:
        """The blurry picture, (H, W, 3) in [0, 1]: the mean of light, encoded as the frames are."""
        return sc.average_frames(self.frames[slice(*self.exposure)], encoding=encoding)

    def sharp(self, frame: int) -> Picture:
        """The sharp picture of a frame, (H, W, 3) in [0, 1]."""
        sharp: Picture = self.frames[frame].astype(np.float32) / np.float32(255)
        return sharp


def describe_synthetic_set(limit: int | None = None) -> str:
    """Describe the synthetic set in words, for a report.

    With ``limit``, its first scenes.
    """
    count = min(limit or len(_PHOTOS), len(_PHOTOS))
    count_text = "1 photograph" if count == 1 else f"{count} photographs"
    return f"{count_text} of scikit-image in motion, {SCENE_SIZE[1]}x{SCENE_SIZE[0]}, simulated"


def make_sequences(
    frame_count: int, exposure: Span, scene_count: int | None = None
) -> list[SyntheticSequence]:
    """Make the synthetic sequences of the first scenes, or of all.

    They are the same at every call.
    """
    return [
        SyntheticSequence(name, np.stack(list(iter_rendered_frames(layers, SCENE_SIZE))), exposure)
        for name, layers in iter_scene_layers(frame_count, exposure, scene_count)
    ]


def iter_scene_layers(
    frame_count: int, exposure: Span, scene_count: int | None = None
) -> Iterator[tuple[str, list[MovingLayer]]]:
    """Iterate over names and moving layers of the first scenes, or of all.

    They are the same at every call.
    """
    from skimage import data

    photographs = {name: getattr(data, name)() for name in _PHOTOS}
    for index, (name, speed) in enumerate(list(_PHOTOS.items())[:scene_count]):
        foregrounds = [photographs[list(photographs)[index - 2]]] if index % 2 else []
        yield (
            name,
            scene_layers(
                photographs[name],
                size=SCENE_SIZE,
                frames=frame_count,
                exposure=exposure,
                speed=speed,
                foregrounds=foregrounds,
                seed=index,
            ),
        )
