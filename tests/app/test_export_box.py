"""Films of a view, and its command, in a browser."""

import re

import spikecam as sc
from spikecam import sample


def test_a_film_is_saved_and_cancelled_and_a_command_copied(served, page, shot, tmp_path):
    address, _ = served("app")
    page.goto(f"{address}&recording=sample&frame=70&window=21")
    page.get_by_role("button", name="Copy as command: the frame").click()
    command = page.locator(".copy-text").inner_text()
    name = "spikes-000070-tfp.png"
    words = f"-o {name} --at 70 --method tfp --window 21 --stretch 1.0:99.0"
    assert command == f"spikecam reconstruct {sample.SPIKES} {words}"
    page.get_by_role("button", name="Close").click()
    page.get_by_text("Save a film").click()
    page.get_by_text("117 pictures, 3.9 s").wait_for()
    page.get_by_label("From frame").fill("5")
    page.get_by_text("a film goes from frame 10 at first to 126 at last").wait_for()
    page.get_by_label("From frame").fill("60")
    page.get_by_label("to frame", exact=True).fill("63")
    page.get_by_text("4 pictures, 133 ms").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the film").click()
    assert download.value.suggested_filename == "spikes-000060-000063-tfp.mp4"
    download.value.save_as(tmp_path / "film.mp4")
    assert sc.count_frames(tmp_path / "film.mp4") == 4
    shot("9-film")
    for label in ("From frame", "to frame"):
        page.get_by_label(label, exact=True).fill("")
    page.get_by_text("117 pictures").wait_for()
    page.get_by_role("button", name="GIF").click()
    page.get_by_label("Method").click()
    page.get_by_role("option", name=re.compile("^aligned:")).click()
    page.get_by_role("button", name="Save the film").click()
    page.get_by_text(re.compile("of 1?[0-9]{2} pictures")).wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("the film was cancelled").wait_for()
    assert page.get_by_role("button", name="Save the film").is_enabled()
    assert page.errors == []
