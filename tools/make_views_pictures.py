"""Make the pictures of the manual's page on new views, from a small flight through the street.

    python tools/make_views_pictures.py [-o OUT]

Writes views-rows.jpg, one test view by what scenes were fitted to; views-curves.png, PSNR of the
test views over the time of a fit; and views-film.gif, a film of the scene fitted to charge. It
takes some 5 minutes on two cores.
"""

import argparse
import time
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw

import spikecam as sc
from spikecam.bench.view_cases import make_view_case, score_scene
from spikecam.bench.view_rows import ROWS
from spikecam.bench.views import make_fit
from spikecam.bench.views_options import ViewsOptions
from spikecam.views.display_pictures import display_picture
from spikecam.views.rendering import render

OPTIONS = ViewsOptions(size=(120, 192), frames=3000, steps=4000, gaussians=15_000)
NAMES = ("blurry photographs", "tfp", "charge", "clear pictures")
# Steps from one point of a curve to the next, and which test view is shown.
EVERY, VIEW = 500, 3
FILM_FRAMES, FILM_SPAN = 48, (0.30, 0.55)


def fit_with_curve(case, name):
    """A scene, and the seconds and PSNR of its fit at some steps."""
    fit = make_fit(case, ROWS[name], OPTIONS.steps, OPTIONS.gaussians)
    seconds, curve = 0.0, []
    for step in range(1, OPTIONS.steps + 1):
        start = time.perf_counter()
        fit.step()
        seconds += time.perf_counter() - start
        if step % EVERY == 0:
            curve.append((seconds, score_scene(fit.gaussians, case.tests)["PSNR"]))
            print(name, step, f"{curve[-1][1]:.2f} dB", f"{seconds:.0f} s", flush=True)
    return fit.gaussians, curve


def as_image(picture):
    return Image.fromarray(np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8))


def label(picture, text):
    image = as_image(np.kron(picture, np.ones((2, 2))))
    ImageDraw.Draw(image).text((6, 4), text, fill=255, stroke_width=2, stroke_fill=0)
    return np.asarray(image)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/pictures"))
    out = parser.parse_args().out
    matplotlib.use("Agg")
    from matplotlib import pyplot

    case = make_view_case(OPTIONS, print)
    camera, truth = case.tests[VIEW]
    panels, figure = [], pyplot.figure(figsize=(6, 3.4))
    for name in NAMES:
        scene, curve = fit_with_curve(case, name)
        pyplot.plot(*zip(*curve, strict=True), marker=".", label=name)
        panels.append(label(display_picture(render(scene, camera)), name))
        if name == "charge":
            write_film(out / "views-film.gif", scene, case.flight)
    panels.append(label(truth, "truth"))
    panels.append(label(spikes_beside(case, camera), "one frame of spikes"))
    rows = [np.concatenate(panels[i : i + 3], axis=1) for i in (0, 3)]
    Image.fromarray(np.concatenate(rows)).save(out / "views-rows.jpg", quality=88)
    pyplot.xlabel("seconds of the fit")
    pyplot.ylabel("PSNR of unseen views, dB")
    pyplot.grid(alpha=0.3)
    pyplot.legend()
    figure.savefig(out / "views-curves.png", dpi=110, bbox_inches="tight")


def spikes_beside(case, camera):
    """The frame of spikes from the place of the flight that is nearest to a camera."""
    times = range(case.flight.frame_count)
    distances = [np.linalg.norm(case.flight.camera_at(t).centre - camera.centre) for t in times]
    return case.stream[int(np.argmin(distances))].astype(np.float32)


def write_film(path, scene, flight):
    """Views along a part of the flight."""
    first, last = (share * (flight.frame_count - 1) for share in FILM_SPAN)
    times = np.linspace(first, last, FILM_FRAMES)
    sc.save(path, [display_picture(render(scene, flight.camera_at(float(t)))) for t in times])


if __name__ == "__main__":
    main()
