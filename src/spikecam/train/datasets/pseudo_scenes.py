"""Pseudo scenes: simulated pairs with truth, made of blurry pictures and spikes alone.

SDM (SpikeReveal, Eq. 8) removes most of the blur of a picture, and reducing it to half its size
removes most of what SDM leaves: blur, noise and the coarse grid of the spikes. The result is a
sharp picture of the kind that this camera takes. Moved like a photograph, it gives new pairs with
their truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from spikecam.data.pairs import Pair
from spikecam.data.plan import SynthConfig
from spikecam.data.synthesis import Synthesis
from spikecam.deblurring.deblur import deblur
from spikecam.encoding import Encoding
from spikecam.errors import FileError, OptionError, OutputError
from spikecam.exposure import resolve_exposure
from spikecam.io.atomic import atomic_path
from spikecam.io.digest import file_digest
from spikecam.io.pictures import picture_size, quantize_to_levels, write_picture
from spikecam.picture import as_colour

# Factor by which pictures are reduced, and the share of that which a scene shows: the rest is room
# to move.
_REDUCTION, _SCENE_SHARE = 2, 0.8
# The fastest motion, as a share of a scene's shorter side, and in pixels.
_MAX_SPEED = 0.3, 48.0
# Sides of scenes are multiples of this, and at least so long, in pixels.
_UNIT, _MIN_SIDE = 16, 64
# Scenes from one line of progress to the next.
_LINE_INTERVAL = 100


def make_pseudo_scenes(
    pairs: Sequence[Pair],
    output_folder: Path,
    *,
    scene_count: int,
    seed: int,
    check_match: bool = True,
    say: Callable[[str], None] | None = None,
) -> Path:
    """Make a simulated data set with truth from pairs without truth.

    One that was interrupted is continued.

    Args:
        pairs: blurry pictures with their spikes, and their encoding, which scenes have as well;
            sharp pictures are not looked at.
        output_folder: where to: ``pictures`` and ``scenes`` below it.
        scene_count: how many scenes.
        seed: of everything random.
        check_match: refuse a picture and spikes that do not show the same scene.
        say: takes lines of progress.

    Returns:
        The folder of the data set, in the layout of Spike-GOPRO, with the spike camera's light.

    Raises:
        FileError: pictures below 160 pixels a side.
        GeometryError: a picture and spikes that do not show the same scene.
        OptionError: fewer than 2 scenes.
        OutputError: the folder cannot be written, or was begun with other pictures.
        SpikecamError: as `Synthesis`.
    """
    if scene_count < 2:
        raise OptionError(f"scenes are at least 2, one of them for validation, not {scene_count}")
    sides = [picture_size(pair.blur) for pair in pairs if pair.blur is not None]
    smallest = [min(side[i] for side in sides) // _REDUCTION for i in range(2)]
    size = tuple(int(_SCENE_SHARE * side) // _UNIT * _UNIT for side in smallest)
    if min(size) < _MIN_SIDE:
        raise FileError(
            f"{output_folder} cannot be made: pictures of {2 * smallest[1]}x{2 * smallest[0]} are "
            "too "
            "small for scenes at half their size; give pictures of 160 pixels a side or more"
        )
    pictures = output_folder / "pictures"
    _start_or_check_folder(output_folder, pairs)
    say = say or (lambda _: None)
    say(
        f"{output_folder}: {scene_count} scenes of {size[1]}x{size[0]} out of {len(pairs)} blurry "
        "pictures"
    )
    for number, pair in enumerate(pairs):
        path = pictures / f"{number:06d}.png"
        if not path.exists():
            write_picture(path, _half_size_sdm_picture(pair, check_match))
    max_speed = min(_MAX_SPEED[0] * min(size), _MAX_SPEED[1])
    config = SynthConfig(
        size=(size[0], size[1]),
        sequences=scene_count,
        speed=(0, max_speed),
        encodings=_scene_encodings(pairs, output_folder),
        light=True,
        val=0.05,
        test=0,
        seed=seed,
    )
    try:
        synthesis = Synthesis([pictures], output_folder / "scenes", config)
    except OptionError:
        # All look alike: scenes for validation are other motions of the same.
        synthesis = Synthesis([pictures], output_folder / "scenes", replace(config, val=0))
    for number, _ in enumerate(synthesis, start=1):
        if number % _LINE_INTERVAL == 0:
            say(f"{number} of {scene_count} scenes")
    return output_folder / "scenes"


def _start_or_check_folder(folder: Path, pairs: Sequence[Pair]) -> None:
    """Start the output folder, or check that it was started with the same pairs."""
    record = folder / "pairs.sha256"
    pictures_digest = file_digest(*(pair.blur for pair in pairs if pair.blur is not None))
    try:
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        if not record.exists():
            with atomic_path(record) as temporary:
                temporary.write_text(pictures_digest, encoding="ascii")
        elif record.read_text(encoding="ascii") != pictures_digest:
            raise OutputError(
                f"{folder} holds scenes of other blurry pictures; name a new output, or remove it"
            )
    except OSError as error:
        raise OutputError(
            f"cannot write {folder}: {error.strerror}; choose another place"
        ) from error


def _scene_encodings(pairs: Sequence[Pair], output_folder: Path) -> tuple[str, ...]:
    """Encodings of scenes, for `SynthConfig`: those of the pairs, about as often.

    Curves without a name are saved in the output folder.
    """
    counts = Counter(_encoding_notation(pair.encoding, output_folder) for pair in pairs)
    least = min(counts.values())
    return tuple(
        notation for notation, count in sorted(counts.items()) for _ in range(round(count / least))
    )


def _encoding_notation(encoding: Encoding, output_folder: Path) -> str:
    if encoding.name in ("linear", "srgb") or encoding.name.startswith("gamma:"):
        return encoding.name
    path = output_folder / f"{Path(encoding.name).stem}.json"
    encoding.save(path)
    return str(path)


def _half_size_sdm_picture(pair: Pair, check_match: bool) -> np.ndarray:
    """The picture of the middle of the exposure by SDM, at half size."""
    stream = pair.stream()
    middle = sum(resolve_exposure(stream)) // 2
    # By its path, which messages name.
    sharp = deblur(
        pair.blurry_picture() if pair.blur is None else pair.blur,
        stream,
        at=middle,
        method="sdm",
        encoding=pair.encoding,
        check_match=check_match,
    )
    return np.asarray(Image.fromarray(quantize_to_levels(as_colour(sharp))).reduce(_REDUCTION))
