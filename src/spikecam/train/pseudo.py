"""Scenes without truth: what pairs show, small enough to be sharp, set in motion again.

Of a blurry picture, SDM (SpikeReveal, Eq. 8) takes most of the blur, and reducing it to half its
size takes most of what SDM leaves: blur, noise and the coarse grid of the spikes. The result is a
sharp picture of the kind that this camera takes. Moved like a photograph, it gives new pairs with
their truth, from nothing but blurry pictures and spikes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from spikecam.data.pairs import Pair
from spikecam.data.plan import SynthConfig
from spikecam.data.synthesis import Synthesis
from spikecam.deblurring.deblur import deblur
from spikecam.errors import FileError, OptionError, OutputError
from spikecam.exposure import resolve_exposure
from spikecam.io.atomic import atomic_path
from spikecam.io.content import digest
from spikecam.io.pictures import as_levels, picture_size, write_picture
from spikecam.picture import coloured

# How many times smaller the pictures are made, and which share of that a scene shows: the rest is
# room to move.
_REDUCED, _SHOWN = 2, 0.8
# The fastest motion, as a share of a scene's shorter side, and in pixels.
_FASTEST = 0.3, 48.0
# Sides of scenes are multiples of this.
_UNIT = 16
# Scenes from one line that tells of them to the next.
_TOLD = 100


def pseudo_scenes(
    pairs: Sequence[Pair],
    folder: Path,
    *,
    sequences: int,
    seed: int,
    say: Callable[[str], None] | None = None,
) -> Path:
    """Make a data set with truth from pairs without; one that was begun goes on.

    Args:
        pairs: blurry pictures with their spikes; their sharp pictures are not looked at.
        folder: where to: ``pictures`` and ``scenes`` below it.
        sequences: how many scenes.
        seed: of everything random.
        say: takes lines that tell how far it is.

    Returns:
        The folder of the data set, in the layout of Spike-GOPRO, with the spike camera's light.

    Raises:
        FileError: pictures below 160 pixels a side.
        OptionError: fewer than 2 scenes.
        OutputError: the folder cannot be written, or was begun with other pictures.
        SpikecamError: as `Synthesis`.
    """
    if sequences < 2:
        raise OptionError(f"scenes are at least 2, one of them to judge by, not {sequences}")
    sides = [picture_size(pair.blur) for pair in pairs if pair.blur is not None]
    least = [min(side[i] for side in sides) // _REDUCED for i in range(2)]
    size = tuple(int(_SHOWN * side) // _UNIT * _UNIT for side in least)
    if min(size) < 64:
        raise FileError(
            f"{folder} cannot be made: pictures of {2 * least[1]}x{2 * least[0]} are too small for "
            "scenes at half their size; give pictures of 160 pixels a side or more"
        )
    pictures = folder / "pictures"
    _claim(folder, pairs)
    tell = say or (lambda _: None)
    tell(f"{folder}: {sequences} scenes of {size[1]}x{size[0]} out of {len(pairs)} blurry pictures")
    for number, pair in enumerate(pairs):
        path = pictures / f"{number:06d}.png"
        if not path.exists():
            write_picture(path, _reduced(pair))
    fastest = min(_FASTEST[0] * min(size), _FASTEST[1])
    config = SynthConfig(
        size=(size[0], size[1]),
        sequences=sequences,
        speed=(0, fastest),
        light=True,
        val=0.05,
        test=0,
        seed=seed,
    )
    try:
        made = Synthesis([pictures], folder / "scenes", config)
    except OptionError:
        # All look alike: scenes to judge by are other motions of the same.
        made = Synthesis([pictures], folder / "scenes", replace(config, val=0))
    for number, _ in enumerate(made, start=1):
        if number % _TOLD == 0:
            tell(f"{number} of {sequences} scenes")
    return folder / "scenes"


def _claim(folder: Path, pairs: Sequence[Pair]) -> None:
    """Begin the folder, or see that it was begun with the same pictures."""
    known = folder / "pairs.sha256"
    held = digest(*(pair.blur for pair in pairs if pair.blur is not None))
    try:
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        if not known.exists():
            with atomic_path(known) as temporary:
                temporary.write_text(held, encoding="ascii")
        elif known.read_text(encoding="ascii") != held:
            raise OutputError(
                f"{folder} holds scenes of other blurry pictures; name a new output, or remove it"
            )
    except OSError as error:
        raise OutputError(
            f"cannot write {folder}: {error.strerror}; choose another place"
        ) from error


def _reduced(pair: Pair) -> np.ndarray:
    """The middle of the exposure by SDM, half as large."""
    stream = pair.stream()
    middle = sum(resolve_exposure(stream)) // 2
    sharp = deblur(pair.blurry_picture(), stream, at=middle, method="sdm")
    return np.asarray(Image.fromarray(as_levels(coloured(sharp))).reduce(_REDUCED))
