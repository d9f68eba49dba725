"""``spikecam demo``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.progress import track


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the pictures go.")
    ] = Path("demo"),
) -> None:
    """Deblur the sample that ships with spikecam, and leave all pictures in a folder."""
    from spikecam import sample

    try:
        out.mkdir(parents=True, exist_ok=True)
        for path in (sample.BLUR, sample.SPIKES, sample.SIDECAR):
            shutil.copyfile(path, out / path.name)
    except OSError as error:
        raise sc.OutputError(f"cannot write into {out}: {error.strerror}") from error
    blur, stream = sc.read_picture(sample.BLUR), sc.open(sample.SPIKES)
    start, stop = sc.resolve_exposure(stream)
    film = range(start, stop)
    # The small network makes a film in the time that the default takes for a few of its frames.
    pictures = sc.deblur_frames(blur, stream, frames=film, weights="refined-small")
    sc.save(out / "sharp.mp4", track(pictures, len(film), "Deblurring"))
    seven = sc.evenly_spaced_frames(stream, 7)
    shown = sc.deblur_frames(blur, stream, frames=seven)
    sharp = list(track(shown, len(seven), "Deblurring"))
    for number, picture in zip(seven, sharp, strict=True):
        sc.save(out / "sharp" / f"{number:03d}.png", picture)
    sc.save(out / "before-after.png", sc.contact_sheet(blur, sharp, seven))
    for name, what in {
        "blur.png": "the blurry picture",
        "spikes.dat": "the spikes of the same moment",
        "sharp": f"the sharp frames {', '.join(map(str, seven))}",
        "sharp.mp4": f"the film of all {len(film)} frames",
        "before-after.png": "before and after, side by side",
    }.items():
        print(f"{out / name}: {what}")
