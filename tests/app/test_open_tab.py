"""The list of recordings with thumbnails, and those that were opened of late, in a browser."""

import json
import re

import numpy as np

import spikecam as sc


def test_thumbnails_facts_and_what_was_opened_of_late(served, page, shot, tmp_path):
    folder = tmp_path / "moment"
    noise = np.random.default_rng(0).random((64, 100, 160)) < np.linspace(0.1, 0.6, 160)
    stream = sc.SpikeStream.from_array(noise, rate=20_000)
    for name in ("car.dat", "packed.npz", "bare.dat"):
        sc.save(folder / name, stream)
    (folder / "bare.dat.json").unlink()
    sc.save(folder / "blur.png", np.full((8, 16), 0.5))
    sc.save(folder / "sharp.mp4", np.full((3, 16, 16), 0.5))
    address, _ = served("app", folder)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(address)
    files = page.get_by_role("group", name="Files")
    for name in ("car.dat", "packed.npz"):
        row = files.get_by_role("button", name=re.compile(name))
        row.get_by_text("160 x 100, 64 frames, 3.20 ms").wait_for()
        handle = row.locator("img").element_handle()
        page.wait_for_function("image => image.naturalWidth == 128", arg=handle)
    bare = files.get_by_role("button", name=re.compile("bare.dat"))
    assert "size not known" in bare.inner_text()
    assert bare.locator("img").count() == 0
    page.get_by_text("1 picture is here as well, for Deblur. 1 video is here").wait_for()
    assert not page.get_by_text("Opened recently").is_visible()
    shot("1-open")
    files.get_by_role("button", name=re.compile("car.dat")).press("Enter")
    page.get_by_text("64 frames at 20000 Hz").wait_for()
    page.get_by_role("tab", name="Open").click()
    bare.click()
    page.get_by_label("Width").fill("160")
    page.get_by_label("Height").fill("100")
    page.get_by_text("it fits the file").wait_for()
    page.get_by_role("button", name="Use this size").click()
    page.get_by_text("64 frames of unknown rate").wait_for()

    # Another run, of which one of the two is no more to be opened.
    (folder / "car.dat").unlink()
    again, _ = served("app", folder)
    page.goto(again)
    recent = page.get_by_role("group", name="Opened recently").get_by_role("button")
    recent.get_by_text("bare.dat").wait_for()
    assert recent.count() == 1
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    shot("1-open-small")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    recent.click()
    page.get_by_text("64 frames of unknown rate").wait_for()
    stored = json.loads((tmp_path / "state" / "spikecam" / "recent.json").read_text())
    assert [entry["camera"] for entry in stored] == [[100, 160], None]
    assert page.errors == []
