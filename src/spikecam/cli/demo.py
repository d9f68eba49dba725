"""``spikecam demo``."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import spikecam as sc
from spikecam.cli.interrupt import notifying_of_interruption
from spikecam.cli.messages import report
from spikecam.cli.options import OUTPUT_GROUP, OverwriteOption
from spikecam.cli.progress import track_progress

# The small network makes a video in the time that the default takes for a few of its frames.
VIDEO_WEIGHTS = "refined-small"
SHARP_FRAMES = 7
RESULT_NAMES = ("sharp", "sharp.mp4", "before-after.png")


def demo(
    *,
    out: Annotated[Path, Parameter(alias="-o", metavar="FOLDER", group=OUTPUT_GROUP)] = Path(
        "demo"
    ),
    output: OverwriteOption = OverwriteOption(),
) -> None:
    """Deblur the sample that ships with spikecam, and write all pictures to a folder.

    Args:
        out: The folder, which is new, empty, or that of another demo.
    """
    from spikecam import sample
    from spikecam.io.atomic import atomic_path

    copies = {path.name: path for path in (sample.BLUR, sample.SPIKES, sample.SIDECAR)}
    if output.overwrite is not True:
        refuse_folder_in_use(out, copies)
    sharp = sc.open_output(out / "sharp", overwrite=True)
    is_whole = all((out / name).exists() for name in (*copies, *RESULT_NAMES))
    for name, path in copies.items():
        with atomic_path(out / name) as temporary:
            shutil.copyfile(path, temporary)
    with notifying_of_interruption(
        f"{out} holds the whole demo of an earlier run"
        if is_whole
        else f"{out} holds a part of the demo; repeat the command for the rest"
    ):
        frames, video_frames = deblur_sample(out, sharp)
    files = {
        "blur.png": "the blurry picture",
        "spikes.dat": "the spikes of the same moment",
        "sharp": f"the sharp frames {', '.join(map(str, frames))}",
        "sharp.mp4": f"the video of all {len(video_frames)} frames",
        "before-after.png": "before and after, side by side",
    }
    lines = [f"{out / name}: {content}" for name, content in files.items()]
    report("\n".join(lines), {"folder": out, "files": [out / name for name in files]})


def deblur_sample(out: Path, sharp: sc.Output) -> tuple[list[int], range]:
    """Deblur the sample, and write the sharp pictures.

    They become a video, a folder of pictures and a contact sheet; returns the frames of the folder
    and of the video.
    """
    from spikecam import sample

    blur, stream = sc.read_picture(sample.BLUR), sc.open(sample.SPIKES)
    start, stop = sc.resolve_exposure(stream)
    video_frames = range(start, stop)
    pictures = sc.deblur_frames(blur, stream, frames=video_frames, weights=VIDEO_WEIGHTS)
    tracked = track_progress(pictures, len(video_frames), "Deblurring")
    sc.save(out / "sharp.mp4", tracked, overwrite=True)
    frames = sc.evenly_spaced_frames(stream, SHARP_FRAMES)
    sharp_pictures = sc.deblur_frames(blur, stream, frames=frames)
    folder_pictures = list(track_progress(sharp_pictures, len(frames), "Deblurring"))
    sharp.write(folder_pictures, frames)
    sc.save(
        out / "before-after.png", sc.contact_sheet(blur, folder_pictures, frames), overwrite=True
    )
    return frames, video_frames


def refuse_folder_in_use(folder: Path, sample_files: Mapping[str, Path]) -> None:
    """Refuse a folder that holds other files than those of an earlier demo.

    Raises:
        OutputError: it holds other files.
    """
    if not folder.is_dir():
        return

    def is_copy(name: str) -> bool:
        path = folder / name
        return path.is_file() and filecmp.cmp(path, sample_files[name], shallow=False)

    # Every demo begins with the blurry picture: what is there without it is somebody's own.
    demo_files = RESULT_NAMES if is_copy("blur.png") else ()
    for path in sorted(folder.iterdir()):
        if path.name not in demo_files and not (path.name in sample_files and is_copy(path.name)):
            raise sc.OutputError(
                f"folder {folder} is in use: it holds {path.name}, which no demo made; name "
                "another with -o ANOTHER_FOLDER, or replace files of these names with --overwrite"
            )
