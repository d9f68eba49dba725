"""The state of the page in its address, and sizes that are changed and remembered."""

import json
import os
import re

import numpy as np

import spikecam as sc


def test_a_size_is_changed_and_remembered_and_the_address_shows_the_same(served, page, tmp_path):
    folder = tmp_path / "moment"
    noise = np.random.default_rng(0).random((64, 16, 32)) < 0.3
    sc.save(folder / "a.dat", sc.SpikeStream.from_array(noise))
    (folder / "a.dat.json").unlink()
    os.link(folder / "a.dat", folder / "b.dat")
    os.link(folder / "a.dat", os.fsencode(folder) + b"/bad\xff.dat")
    (folder / "loop").symlink_to("loop")
    address, _ = served("app", folder)
    assert page.goto(address).status == 200
    assert "key" not in page.url
    page.get_by_text("size not known").first.wait_for()
    page.get_by_text("bad\N{REPLACEMENT CHARACTER}.dat").click()
    page.get_by_label("Width").fill("32")
    page.get_by_label("Height").fill("32")
    page.get_by_text("it fits the file").wait_for()
    page.get_by_role("button", name="Use this size").click()
    page.get_by_text("32 frames of unknown rate").wait_for()
    page.wait_for_url(re.compile("size=32x32&frame=16"))
    assert page.title() == "bad\N{REPLACEMENT CHARACTER}.dat - spikecam"
    page.reload()
    page.get_by_text("32 frames of unknown rate").wait_for()

    page.get_by_role("button", name="Change size").click()
    page.get_by_label("Height").fill("16")
    page.get_by_label("Frames a second").fill("1000")
    page.get_by_text("Remember it for all recordings").click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Use this size").click()
    page.get_by_text("64 frames at 1000 Hz").wait_for()
    page.get_by_text("the .json files of 3 recordings").wait_for()
    remembered = json.loads((folder / "b.dat.json").read_text())
    assert remembered == {"height": 16, "width": 32, "rate": 1000}
    page.keyboard.press("ArrowRight")
    page.get_by_text(re.compile("^frame 33,")).wait_for()
    page.wait_for_url(re.compile("frame=33&method=tfp"))
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_text(re.compile("^frame 33,")).wait_for()
    other.close()
    page.go_back()
    page.get_by_text("32 frames of unknown rate").wait_for()
    page.go_back()
    page.get_by_text("Open a recording").wait_for()
    assert page.errors == []
