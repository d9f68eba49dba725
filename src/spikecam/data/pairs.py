"""A recording of a data set with its pictures, and what readers and writers of data sets share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam.encoding import LINEAR, Encoding
from spikecam.errors import FileError, OptionError
from spikecam.io.pictures import picture_size, read_picture
from spikecam.io.recording import open as open_recording
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream

# Pixels of a picture to one of the spikes, along a side, in Spike-GOPRO and RSB.
PICTURE_SCALE = 4


@dataclass(frozen=True)
class Pair:
    """A recording of a data set with the paths of its blurry and sharp pictures.

    Attributes:
        scene, name: the sequence that it belongs to, and its name there.
        spikes: the file of the recording.
        shape: height and width of its frames, where the file does not say them.
        blur: the blurry picture of the same moment; None where a data set has none.
        sharp: sharp pictures by the number of their frame.
        exposure: frames (start, stop) during which the blurry picture was exposed.
        light: the video that the spike camera saw, where it was kept.
        encoding: of the pictures.
        encoding_is_known: whether the data set says their encoding; else it is that of the papers'
            protocol, in which values are light.
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
    encoding: Encoding = LINEAR
    encoding_is_known: bool = False

    def stream(self) -> SpikeStream:
        """Open the recording as a stream that knows its exposure."""
        stream = open_recording(self.spikes, shape=self.shape)
        if self.exposure is not None:
            stream.exposure = stream.check_exposure(self.exposure)
        return stream

    def blurry_picture(self) -> Picture:
        """Read the blurry picture, float32 in [0, 1].

        Raises:
            OptionError: this data set has none.
        """
        if self.blur is None:
            raise OptionError(f"{self.spikes} has no blurry picture: its data set has none")
        return read_picture(self.blur)


def sort_visible_files(paths: Iterable[Path]) -> list[Path]:
    """Sort paths, without those of hidden files.

    An interrupted run leaves such files unfinished.
    """
    return sorted(path for path in paths if not path.name.startswith("."))


def find_recording_paths(dataset_folder: Path) -> list[Path]:
    """Find the recordings ``spike_data/SCENE/NAME.dat`` of a data set.

    Raises:
        FileError: there is no folder ``spike_data``.
    """
    if not (dataset_folder / "spike_data").is_dir():
        raise FileError(f"{dataset_folder} holds no data set; expected a folder spike_data in it")
    return sort_visible_files((dataset_folder / "spike_data").glob("*/*.dat"))


def select_complete_pairs(
    dataset_folder: Path,
    pairs: list[Pair],
    blur_suffix: str,
    incomplete: str,
    report_skipped: Callable[[str], None] | None,
) -> list[Pair]:
    """Select the pairs whose files all exist, and refuse or skip the others.

    Each gets the size of its frames, from its blurry picture.

    Args:
        dataset_folder: the folder of ``spike_data`` and ``blur_data``.
        pairs: one for each recording there.
        blur_suffix: of the blurry pictures.
        incomplete: "refuse" or "skip" pairs of which a file is missing.
        report_skipped: takes a line that names what was skipped.

    Raises:
        FileError: files are missing, or no pair is complete.
        OptionError: another word for ``incomplete``.
    """
    if incomplete not in ("refuse", "skip"):
        raise OptionError(f'incomplete is "refuse" or "skip", not {incomplete!r}')
    missing_of = {pair.spikes: _missing_files(pair) for pair in pairs}
    paired_blurs = {pair.blur for pair in pairs}
    blurs = sort_visible_files((dataset_folder / "blur_data").glob(f"*/*{blur_suffix}"))
    unpaired = [blur for blur in blurs if blur not in paired_blurs]
    missing = [path for paths in missing_of.values() for path in paths]
    missing += [
        dataset_folder / "spike_data" / blur.parent.name / f"{blur.stem}.dat" for blur in unpaired
    ]
    complete = [_add_spike_shape(pair) for pair in pairs if not missing_of[pair.spikes]]
    if missing:
        listed = ", ".join(str(path.relative_to(dataset_folder)) for path in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        problem = f"{dataset_folder} lacks halves of pairs: {listed}{more}"
        if incomplete == "refuse":
            raise FileError(f"{problem}; complete them, or skip such pairs (--skip-incomplete)")
        if report_skipped is not None:
            report_skipped(
                f"{problem}; {len(complete)} pairs are complete, and the others left out"
            )
    return require_any_pairs(complete, dataset_folder, "spike_data/SCENE/*.dat with their pictures")


def require_any_pairs(pairs: list[Pair], dataset_folder: Path, expected: str) -> list[Pair]:
    """Return the pairs, and refuse an empty list.

    Raises:
        FileError: there are none; the message says what was ``expected`` in the folder.
    """
    if not pairs:
        raise FileError(f"{dataset_folder} holds no pairs; expected {expected}")
    return pairs


def check_picture_scale(picture: npt.ArrayLike, stream: SpikeStream) -> None:
    """Refuse a picture whose sides are not `PICTURE_SCALE` times those of the spikes.

    Raises:
        OptionError: it is not.
    """
    height, width = np.shape(picture)[:2]
    if (height, width) != (PICTURE_SCALE * stream.height, PICTURE_SCALE * stream.width):
        raise OptionError(
            f"pictures are {PICTURE_SCALE} times as fine as spikes of "
            f"{stream.width}x{stream.height}, and this one is {width}x{height}"
        )


def _missing_files(pair: Pair) -> list[Path]:
    files = (pair.blur, *pair.sharp.values(), pair.light)
    return [path for path in files if path is not None and not path.exists()]


def _add_spike_shape(pair: Pair) -> Pair:
    """Copy of a pair with the shape of its spikes, from the size of its blurry picture."""
    assert pair.blur is not None
    height, width = picture_size(pair.blur)
    if height % PICTURE_SCALE or width % PICTURE_SCALE:
        raise FileError(
            f"{pair.blur} is {width}x{height}, and spikes on a grid a quarter as fine need "
            "multiples of 4; this is no data set of that layout"
        )
    return replace(pair, shape=(height // PICTURE_SCALE, width // PICTURE_SCALE))
