"""The field's data sets as they lie on disk: lists of pairs read from them, pairs written to them.

Spike-GOPRO has this below ``train`` and ``test`` (and ``val`` in those that we make)::

    blur_data/SCENE/NNNNNN.png     the blurry picture
    spike_data/SCENE/NNNNNN.dat    spikes on a grid a quarter as fine: 20 frames before the
                                   exposure, 97 during it, 20 after it
    sharp_data/SCENE/NNNNNN.png    the sharp picture in the middle, frame 68

and, where more of the sharp film was kept, ``sharp_data/SCENE/NNNNNN/TTT.png``, named by frame.
Data sets that we make may have ``light_data/SCENE/NNNNNN.npy``, the film that the spike camera saw
(137, H, W), uint8 gray, from which spikes of any other sensor can be simulated.
RSB has ``spike_data/SCENE/*.dat`` with ``blur_data/SCENE/*.jpg``, exposed during all 400 frames.
REDS has ``NAME.dat`` with ``NAME.png`` of the same size, sharp, for the frame at index 150. UHSR
has one recording of a thing on a screen in each ``.npz``, with its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam.data.spike_gopro import EXPOSURE
from spikecam.errors import FileError, OptionError
from spikecam.io.atomic import atomic_path
from spikecam.io.dat import write_dat
from spikecam.io.paths import PathLike
from spikecam.io.pictures import picture_size, read_picture, write_picture
from spikecam.io.recording import open as open_recording
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream

# Spikes lie on a grid this much coarser than the pictures.
SCALE = 4
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Pair:
    """One recording of a data set and the pictures that belong to it.

    Attributes:
        scene, name: of which film it is, and which part.
        spikes: the file of the recording.
        shape: height and width of its frames, where the file does not say them.
        blur: the blurry picture of the same moment; None where a data set has none.
        sharp: sharp pictures by the number of their frame.
        exposure: frames (start, stop) during which the blurry picture was exposed.
        light: the film that the spike camera saw, where it was kept.
        label: what the recording shows, where the data set says it.
    """

    scene: str
    name: str
    spikes: Path
    shape: tuple[int, int] | None = None
    blur: Path | None = None
    sharp: Mapping[int, Path] = field(default_factory=dict)
    exposure: Span | None = None
    light: Path | None = None
    label: str | None = None

    def stream(self) -> SpikeStream:
        """The recording, opened, with its exposure."""
        stream = open_recording(self.spikes, shape=self.shape)
        if self.exposure is not None:
            stream.exposure = stream.check_exposure(self.exposure)
        return stream

    def blurry_picture(self) -> Picture:
        """The blurry picture, float32 in [0, 1].

        Raises:
            OptionError: this data set has none.
        """
        if self.blur is None:
            raise OptionError(f"{self.spikes} has no blurry picture: its data set has none")
        return read_picture(self.blur)


def spike_gopro(
    folder: PathLike,
    split: str = "train",
    *,
    incomplete: str = "refuse",
    say: Callable[[str], None] | None = None,
) -> list[Pair]:
    """Pairs of a data set in the layout of Spike-GOPRO.

    Args:
        folder: what holds ``train`` and ``test``.
        split: which of its folders.
        incomplete: "refuse" or "skip" recordings whose pictures are missing.
        say: takes a line that tells what was skipped.

    Raises:
        FileError: there is no such data set, or halves of pairs are missing; the message lists
            the first of them.
        OptionError: another word for ``incomplete``.
    """
    root = Path(folder) / split
    exposure = _exposure(Path(folder))
    with_sharp = (root / "sharp_data").is_dir()
    with_light = (root / "light_data").is_dir()
    pairs = []
    for spikes in _recordings(root):
        scene, name = spikes.parent.name, spikes.stem
        truth = root / "sharp_data" / scene
        sharp = {sum(exposure) // 2: truth / f"{name}.png"} if with_sharp else {}
        sharp |= {int(p.stem): p for p in (truth / name).glob("*.png") if p.stem.isdecimal()}
        blur = root / "blur_data" / scene / f"{name}.png"
        light = light_file(folder, split, scene, name) if with_light else None
        kept = dict(sorted(sharp.items()))
        pairs.append(Pair(scene, name, spikes, None, blur, kept, exposure, light))
    return _whole(root, pairs, ".png", incomplete, say)


def rsb(
    folder: PathLike, *, incomplete: str = "refuse", say: Callable[[str], None] | None = None
) -> list[Pair]:
    """Pairs of a data set in the layout of RSB; arguments and errors as for `spike_gopro`."""
    root = Path(folder)
    pairs = []
    for spikes in _recordings(root):
        scene, name = spikes.parent.name, spikes.stem
        pairs.append(Pair(scene, name, spikes, None, root / "blur_data" / scene / f"{name}.jpg"))
    return _whole(root, pairs, ".jpg", incomplete, say)


def reds(folder: PathLike) -> list[Pair]:
    """Recordings of REDS, each with the sharp gray picture of its frame 150.

    Raises:
        FileError: there are none, or one has no picture.
    """
    pairs = []
    for spikes in _visible(Path(folder).glob("*.dat")):
        sharp = spikes.with_suffix(".png")
        shape = picture_size(sharp)
        pairs.append(Pair(spikes.stem, spikes.stem, spikes, shape, sharp={150: sharp}))
    return _some(pairs, Path(folder), "NAME.dat with NAME.png")


def uhsr(folder: PathLike) -> list[Pair]:
    """Recordings of UHSR, each with the name of what it shows where its file has it.

    Raises:
        FileError: there are none, or one is damaged.
    """
    pairs = []
    for spikes in _visible(Path(folder).rglob("*.npz")):
        try:
            with np.load(spikes, allow_pickle=False) as held:
                if "spk" not in held.files:
                    continue
                label = str(held["label_name"]) if "label_name" in held.files else None
        except (OSError, ValueError) as error:
            raise FileError(f"{spikes} is damaged ({error}); get it again") from error
        pairs.append(Pair(spikes.parent.name, spikes.stem, spikes, label=label))
    return _some(pairs, Path(folder), "NAME.npz that hold spk")


def write_gopro_pair(
    folder: PathLike,
    split: str,
    scene: str,
    name: str,
    *,
    stream: SpikeStream,
    blur: npt.ArrayLike,
    sharp: Mapping[int, npt.ArrayLike],
    light: npt.NDArray[np.uint8] | None = None,
) -> None:
    """Write one pair in the layout of Spike-GOPRO, so that it is there as a whole or not at all.

    The recording, by which readers know the pair, comes last; one that was there goes first.

    Args:
        folder, split, scene, name: where to.
        stream: the spikes; their exposure is the one of the whole data set.
        blur: the blurry picture, 4 times as fine as the spikes.
        sharp: sharp pictures by frame; the one in the middle of the exposure, which must be among
            them, gets the pair's name, others lie in a folder of that name.
        light: the film that the spike camera saw, (T, H, W), where it shall be kept.

    Raises:
        OptionError: pictures of other sizes, another exposure, or no picture of the middle.
    """
    exposure = _exposure(Path(folder))
    if stream.exposure is not None and stream.exposure != exposure:
        raise OptionError(
            f"pairs of {folder} are exposed during frames {exposure[0]}:{exposure[1]}, and this "
            f"recording during {stream.exposure[0]}:{stream.exposure[1]}"
        )
    middle = sum(exposure) // 2
    if middle not in sharp:
        raise OptionError(f"a pair has the sharp picture of its middle frame, {middle}")
    for picture in (blur, *sharp.values()):
        _check_scale(picture, stream)
    recording, blurry, *pictures = gopro_files(folder, split, scene, name, sorted(sharp), middle)
    recording.unlink(missing_ok=True)
    if light is not None:
        path = light_file(folder, split, scene, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, light)
    for path, frame in zip(pictures, sorted(sharp), strict=True):
        write_picture(path, sharp[frame])
    write_picture(blurry, blur)
    write_dat(recording, stream, sidecar=False)


def gopro_files(
    folder: PathLike, split: str, scene: str, name: str, frames: Iterable[int], middle: int
) -> list[Path]:
    """Where the files of a pair are: the recording, the blurry picture, sharp ones by frame."""
    root = Path(folder) / split
    sharp = [f"{name}.png" if n == middle else f"{name}/{n:03d}.png" for n in sorted(frames)]
    return [
        root / "spike_data" / scene / f"{name}.dat",
        root / "blur_data" / scene / f"{name}.png",
        *(root / "sharp_data" / scene / place for place in sharp),
    ]


def light_file(folder: PathLike, split: str, scene: str, name: str) -> Path:
    """Where the film that the spike camera saw is, of the pairs that have one."""
    return Path(folder) / split / "light_data" / scene / f"{name}.npy"


def write_rsb_pair(
    folder: PathLike, scene: str, name: str, *, stream: SpikeStream, blur: npt.ArrayLike
) -> None:
    """Write one pair in the layout of RSB, as a whole or not at all; arguments as above."""
    _check_scale(blur, stream)
    root = Path(folder)
    recording = root / "spike_data" / scene / f"{name}.dat"
    recording.unlink(missing_ok=True)
    write_picture(root / "blur_data" / scene / f"{name}.jpg", blur)
    write_dat(recording, stream, sidecar=False)


def _check_scale(picture: npt.ArrayLike, stream: SpikeStream) -> None:
    height, width = np.shape(picture)[:2]
    if (height, width) != (SCALE * stream.height, SCALE * stream.width):
        raise OptionError(
            f"pictures are {SCALE} times as fine as spikes of {stream.width}x{stream.height}, and "
            f"this one is {width}x{height}"
        )


def _recordings(root: Path) -> list[Path]:
    if not (root / "spike_data").is_dir():
        raise FileError(f"{root} holds no data set; expected a folder spike_data in it")
    return _visible((root / "spike_data").glob("*/*.dat"))


def _visible(paths: Iterable[Path]) -> list[Path]:
    """Files in order, without what a run that was killed left aside."""
    return sorted(path for path in paths if not path.name.startswith("."))


def _exposure(folder: Path) -> Span:
    """The exposure of all pairs of a data set: what its manifest says, else the published one."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        return EXPOSURE
    try:
        start, stop = json.loads(manifest.read_text(encoding="utf-8"))["exposure"]
        return int(start), int(stop)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{manifest} is no manifest ({error}); mend or remove it") from error


def _whole(
    root: Path,
    pairs: list[Pair],
    ending: str,
    incomplete: str,
    say: Callable[[str], None] | None,
) -> list[Pair]:
    """The pairs that have all their files, with the size of their frames."""
    if incomplete not in ("refuse", "skip"):
        raise OptionError(f'pairs that are incomplete are "refuse"d or "skip"ped: {incomplete!r}?')
    missing = {p.spikes: _missing(p) for p in pairs}
    known = {p.blur for p in pairs}
    lonely = [b for b in _visible((root / "blur_data").glob(f"*/*{ending}")) if b not in known]
    gone = [path for paths in missing.values() for path in paths]
    gone += [root / "spike_data" / b.parent.name / f"{b.stem}.dat" for b in lonely]
    whole = [_sized(p) for p in pairs if not missing[p.spikes]]
    if gone:
        listed = ", ".join(str(path.relative_to(root)) for path in gone[:5])
        more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""
        lacks = f"{root} lacks halves of pairs: {listed}{more}"
        if incomplete == "refuse":
            raise FileError(f"{lacks}; complete them, or skip such pairs (--skip-incomplete)")
        if say is not None:
            say(f"{lacks}; {len(whole)} pairs are whole, and the others left out")
    return _some(whole, root, "spike_data/SCENE/*.dat with their pictures")


def _missing(pair: Pair) -> list[Path]:
    files = (pair.blur, *pair.sharp.values(), pair.light)
    return [path for path in files if path is not None and not path.exists()]


def _sized(pair: Pair) -> Pair:
    assert pair.blur is not None
    height, width = picture_size(pair.blur)
    if height % SCALE or width % SCALE:
        raise FileError(
            f"{pair.blur} is {width}x{height}, and spikes on a grid a quarter as fine need "
            "multiples of 4; this is no data set of that layout"
        )
    shape = (height // SCALE, width // SCALE)
    return replace(pair, shape=shape)


def _some(pairs: Iterable[Pair], folder: Path, form: str) -> list[Pair]:
    found = list(pairs)
    if not found:
        raise FileError(f"{folder} holds no pairs; expected {form}")
    return found
