"""axe-core finds nothing to mend on any page, in a light and a dark theme."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

import spikecam as sc

AXE = Path(__file__).with_name("axe") / "axe.min.js"


@pytest.fixture
def check(page):
    """Checks the page as it is shown, and fails with what breaks which rule."""

    def run(what, themes=("light", "dark")):
        if not page.evaluate("'axe' in window"):
            page.add_script_tag(path=AXE)
        for theme in themes:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.wait_for_function(
                "theme => document.body.classList.contains('body--' + theme)", arg=theme
            )
            # Colours fade, and half of one has no contrast.
            page.wait_for_timeout(500)
            violations = page.evaluate("axe.run(document).then((results) => results.violations)")
            assert not violations, "\n".join(
                f"{what}, {theme}: {one['id']} ({one['help']}): {node['html'][:200]}\n    "
                + node["failureSummary"].replace("\n", " ")
                for one in violations
                for node in one["nodes"][:4]
            )

    return run


def test_the_tabs_of_the_app(served, page, corner, check):
    (corner / "inside").mkdir()
    sc.save(corner / "bare.dat", sc.open(corner / "spikes.npz"))
    (corner / "bare.dat.json").unlink()
    address, _ = served("app", corner)
    page.goto(address)
    page.get_by_text("137 frames").first.wait_for()
    check("Open")
    page.get_by_role("button", name=re.compile("bare.dat")).click()
    page.get_by_text("Which size do the frames of bare.dat have?").wait_for()
    check("the question of the size")
    page.get_by_role("button", name=re.compile("spikes.npz")).first.click()
    page.get_by_text("137 frames of unknown rate").wait_for()
    page.locator(".frame img").click(position={"x": 300, "y": 200})
    page.locator("canvas").first.wait_for()
    page.get_by_text("Save a film").click()
    page.get_by_text("97 pictures").wait_for()
    check("View")
    page.get_by_role("tab", name="Deblur").click()
    page.get_by_text("The exposure will be estimated").wait_for()
    check("Deblur before")
    page.get_by_label("Sharp frames").fill("2")
    page.get_by_role("button", name="Deblur").click()
    page.get_by_text("2 of 2 frames").wait_for()
    check("Deblur after")


def test_the_live_page(served, page, check, tmp_path):
    pipe, into = os.pipe()
    options = ("--size", "16x8", "--window", "3", "-o", tmp_path / "moment.dat", "--rate", "100")
    address, _ = served("live", "-", *options, stdin=pipe)
    page.goto(address, wait_until="commit")
    os.write(into, np.random.default_rng(0).integers(0, 256, 48, np.uint8).tobytes())
    page.wait_for_function("document.querySelector('img')?.naturalWidth == 16")
    page.get_by_text(re.compile("no frames for [2-9] s")).wait_for()
    check("live", ["dark"])
    os.close(into)
    os.close(pipe)


def test_the_page_of_a_scene(served, page, check, ball_file):
    address, _ = served("app", ball_file)
    page.goto(address, wait_until="commit")
    page.wait_for_function("document.querySelector('img')?.naturalWidth > 0")
    check("scene")
