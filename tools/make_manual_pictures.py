"""Make the pictures of the manual that show the sample: by the library, and in the app.

    python tools/make_manual_pictures.py [--no-app] [-o OUT]

Writes sizes.jpg; and, in Debian's Chromium, app-size.jpg, app-look.jpg, app-deblur.jpg and
app-live.jpg. Those of the gallery are made by tools/make_gallery.py.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

import spikecam as sc
from spikecam import sample
from spikecam.bench.live import send_frames

QUALITY = 88


def write(out, name, picture):
    image = Image.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8))
    image.thumbnail((1500, 1500))
    image.save(out / name, quality=QUALITY)


def sizes(out):
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.dat"
        shutil.copyfile(sample.SPIKES, bare)
        shown = []
        for width, height in ((320, 180), (400, 250), (316, 182)):
            stream = sc.open(bare, shape=(height, width), truncate=True)
            picture = sc.stretch_for_display(sc.reconstruct(stream, method="tfp"))
            image = Image.fromarray(np.rint(picture * 255).astype(np.uint8))
            shown.append(np.asarray(image.resize((480, 480 * height // width))) / 255)
        write(out, "sizes.jpg", beside(shown))


def beside(pictures, gap=8):
    """Pictures side by side on white, from the top."""
    height = max(one.shape[0] for one in pictures)
    width = sum(one.shape[1] for one in pictures) + gap * (len(pictures) - 1)
    sheet = np.ones((height, width, *pictures[0].shape[2:]))
    left = 0
    for one in pictures:
        sheet[: one.shape[0], left : left + one.shape[1]] = one
        left += one.shape[1] + gap
    return sheet


def in_the_app(out):
    from playwright.sync_api import sync_playwright

    def shoot(name):
        image = Image.open(BytesIO(page.screenshot())).convert("RGB")
        image.save(out / name, quality=QUALITY)

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shutil.copyfile(sample.SPIKES, f"{folder}/bus.dat")
        shutil.copyfile(sample.BLUR, f"{folder}/blur.png")
        # Chromium's sandbox is not available everywhere, and these pages are our own.
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1180, "height": 860})
        with served(["app", folder]) as address:
            page.goto(address)
            page.get_by_text("bus.dat").click()
            page.get_by_label("Width").fill("320")
            page.get_by_label("Height").fill("180")
            page.get_by_text("it fits the file").wait_for()
            page.wait_for_timeout(1000)
            shoot("app-size.jpg")
            page.get_by_role("button", name="Use this size").click()
            page.locator(".frame img").click(position={"x": 330, "y": 300})
            page.get_by_text("spikes in frames").wait_for()
            page.wait_for_timeout(1500)
            shoot("app-look.jpg")
            page.get_by_role("tab", name="Deblur").click()
            page.get_by_label("Exposed from frame").fill("20")
            page.get_by_label("to before frame").fill("117")
            page.get_by_role("button", name="Deblur").click()
            page.get_by_text("7 of 7 frames").wait_for(timeout=120_000)
            page.wait_for_timeout(6000)
            shoot("app-deblur.jpg")
        camera = [sys.executable, __file__, "--camera"]
        live = ["live", "-", "--size", "320x180", "--window", "21"]
        with (
            ended(subprocess.Popen(camera, stdout=subprocess.PIPE)) as sending,
            served(live, stdin=sending.stdout) as address,
        ):
            page.set_viewport_size({"width": 900, "height": 640})
            page.goto(address, wait_until="commit")
            page.get_by_text(re.compile("[1-9][0-9] pictures a second made")).wait_for()
            page.wait_for_timeout(1500)
            shoot("app-live.jpg")
        browser.close()


@contextmanager
def served(words, **kwargs):
    """A command of spikecam that serves a page: its address, while it runs."""
    code = "from spikecam.cli.main import main; main()"
    command = [sys.executable, "-c", code, *words, "--no-browser"]
    with ended(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **kwargs)) as process:
        address = re.search(r"http://\S+", process.stdout.readline())[0]
        # It listens a moment after it says so.
        time.sleep(1)
        yield address


@contextmanager
def ended(process):
    """A process that does not outlive the block."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--no-app", action="store_true", help="leave out those of the app")
    parser.add_argument("--camera", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.camera:
        # Of the sample, for as long as anybody watches.
        send_frames(sc.open(sample.SPIKES), sys.stdout.buffer, 20_000, 600)
    args.out.mkdir(parents=True, exist_ok=True)
    sizes(args.out)
    if not args.no_app:
        in_the_app(args.out)


if __name__ == "__main__":
    main()
