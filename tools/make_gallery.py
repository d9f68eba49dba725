"""Make the pictures and films of the manual's gallery, by the lines that stand above each.

    python tools/make_gallery.py [-o OUT]

What the lines of docs/gallery.md save is shown below them: pictures side by side in one, or a film.
"""

import argparse
import os
import re
import shutil
import tempfile
from contextlib import chdir
from pathlib import Path

import numpy as np
from PIL import Image

import spikecam as sc
from spikecam import sample

GALLERY = Path(__file__).parents[1] / "docs" / "gallery.md"
# Lines, and what is shown below them.
ENTRY = re.compile(r"```python\n([^`]*)```\n\n(?:!\[[^]]*\]\(|<video src=\")pictures/([\w.-]+)")
GAP, WIDTH, QUALITY = 8, 1200, 84


def make_gallery(out):
    """Run the lines of the page from its top, and write what it shows to a folder."""
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    text = GALLERY.read_text(encoding="utf-8")
    names = {}
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        os.mkdir("demo")
        for path in (sample.SPIKES, sample.SIDECAR, sample.BLUR):
            shutil.copyfile(path, Path("demo", path.name))
        exec(re.search(r"```python\n(.*?)```", text, re.S)[1], names)
        for lines, name in ENTRY.findall(text):
            saved = run(lines, names)
            if name.endswith(".mp4"):
                (film,) = saved
                shutil.copyfile(film, out / name)
            else:
                side_by_side([sc.read_picture(path) for path in saved]).save(
                    out / name, quality=QUALITY
                )


def run(lines, names):
    """Files that lines of the page write, in the order in which they do."""
    for path in Path().glob("*.*"):
        path.unlink()
    exec(lines, names)
    return sorted(Path().glob("*.*"), key=lambda path: path.stat().st_mtime_ns)


def side_by_side(pictures):
    """Pictures beside each other on white, as high as the highest, no wider than WIDTH."""
    height = max(picture.shape[0] for picture in pictures)
    widths = [round(one.shape[1] * height / one.shape[0]) for one in pictures]
    # Small ones are enlarged by whole pixels.
    scale = max(1, WIDTH // sum(widths))
    sides = [(width * scale, height * scale) for width in widths]
    sheet = Image.new(
        "RGB", (sum(w for w, _ in sides) + GAP * (len(sides) - 1), height * scale), "white"
    )
    left = 0
    for picture, side in zip(pictures, sides, strict=True):
        image = Image.fromarray(np.rint(picture * 255).astype(np.uint8))
        reduced = side[0] < image.width
        way = Image.Resampling.LANCZOS if reduced else Image.Resampling.NEAREST
        sheet.paste(image.resize(side, way), (left, 0))
        left += side[0] + GAP
    sheet.thumbnail((WIDTH, WIDTH))
    return sheet


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, default=GALLERY.parent / "pictures")
    make_gallery(parser.parse_args().out)


if __name__ == "__main__":
    main()
