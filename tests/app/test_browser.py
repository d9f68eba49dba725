"""The app as a person meets it, in a browser."""

import re
import shutil
import zipfile
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam import sample


@pytest.fixture
def folder(tmp_path):
    """A bare recording, of which nobody knows the size, beside its blurry picture."""
    folder = tmp_path / "moment"
    folder.mkdir()
    shutil.copyfile(sample.SPIKES, folder / "bare.dat")
    shutil.copyfile(sample.BLUR, folder / "blur.png")
    (folder / "not-spikes.npz").write_bytes(b"this is text")
    return folder


def wait_for_picture(page, selector):
    """Wait until a picture is loaded; its width and height in pixels."""
    # In one step: the next picture may begin to load at any time.
    size = page.wait_for_function(
        """s => {
            const i = document.querySelector(s);
            return i && i.complete && i.naturalWidth && [i.naturalWidth, i.naturalHeight];
        }""",
        arg=selector,
    )
    return size.json_value()


def start_sequence(page):
    """Open the sample, and wait for the first of 90 frames."""
    page.get_by_role("button", name="Open the sample").click()
    page.get_by_role("tab", name="Deblur").click()
    page.get_by_label("Sharp frames").fill("90")
    page.get_by_role("button", name="Deblur").click()
    page.get_by_text(re.compile(r"[1-9]\d* of 90 frames")).wait_for()


def close_notice(page):
    """Close a notice, and wait until it is gone."""
    page.get_by_role("button", name="Close").click()
    page.locator(".notice").wait_for(state="detached")


def choose(page, label, option):
    """Choose one of a list, and let the page settle: what is typed at once can be lost."""
    # While tabs change, both are there.
    page.locator(".q-tab-panel").nth(1).wait_for(state="detached")
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).click()
    page.locator(".q-menu").wait_for(state="detached")
    page.wait_for_timeout(300)


def wait_for_method(page, name):
    """Wait until a method is the chosen one, by the label that holds its name and summary."""
    page.locator("label", has_text=re.compile(f"Method.*{name}:")).wait_for()


def test_open_choose_the_size_scrub_deblur_compare_and_download(
    served, page, shot, folder, tmp_path
):
    address, _ = served("app", folder)
    page.goto(address)
    page.get_by_text("bare.dat").click()
    page.get_by_text("Which size do the frames of bare.dat have?").wait_for()
    page.get_by_text("gen2: does not fit the file").wait_for()
    page.get_by_label("Width").fill("320")
    page.get_by_label("Height").fill("180")
    page.get_by_text("it fits the file").wait_for()
    page.wait_for_timeout(500)
    shot("1-choose-the-size")
    # By the keyboard: after a picture of the whole page Chromium moves it under a click.
    page.get_by_role("button", name="Use this size").press("Enter")

    assert wait_for_picture(page, ".frame img") == [320, 180]
    page.get_by_text("137 frames of unknown rate").wait_for()
    page.get_by_text("frame 68", exact=True).wait_for()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.get_by_text("frame 71", exact=True).wait_for()
    page.keyboard.press("End")
    page.get_by_text("frame 116", exact=True).wait_for()
    choose(page, "Method", re.compile("^tfi:"))
    page.keyboard.press("End")
    page.get_by_text("frame 136", exact=True).wait_for()
    page.locator(".frame img").click(position={"x": 300, "y": 200})
    page.get_by_text(re.compile(r"Pixel \d+, \d+: \d+ spikes in frames 0 to 136")).wait_for()
    page.locator("canvas").locator("visible=true").wait_for()
    choose(page, "Method", re.compile("^tfp:"))
    page.wait_for_timeout(500)
    shot("2-view")

    page.get_by_role("tab", name="Deblur").click()
    page.get_by_label("Sharp frames").fill("3")
    choose(page, "Weights", "refined-small")
    page.get_by_role("button", name="Deblur").click()
    page.get_by_text("3 of 3 frames").wait_for()
    assert wait_for_picture(page, ".compare img.after") == [1280, 720]
    # The middle of the exposure, which the pair gives: the recording does not say it.
    page.get_by_text(re.compile("exposure 2[0-9]:11[0-9] of 137 frames, estimated")).wait_for()
    page.get_by_text(re.compile("^frame (6[6-9]|70)$")).locator("visible=true").wait_for()
    before = page.locator(".compare").screenshot()
    slider = page.get_by_label("Compare").bounding_box()
    page.mouse.click(slider["x"] + 0.1 * slider["width"], slider["y"] + slider["height"] / 2)
    page.wait_for_timeout(300)
    assert page.locator(".compare").screenshot() != before
    # The thumb is below the cut, and the cut can be dragged on the picture.
    picture = page.locator(".compare").bounding_box()
    assert abs(picture["x"] - slider["x"]) < 2
    assert abs(picture["width"] - slider["width"]) < 2
    y = picture["y"] + picture["height"] / 2
    page.mouse.move(picture["x"] + 0.5 * picture["width"], y)
    page.mouse.down()
    page.mouse.move(picture["x"] + 0.8 * picture["width"], y)
    page.mouse.up()
    page.wait_for_function(
        "document.querySelector('[aria-label=Compare][aria-valuenow]').ariaValueNow == 80"
    )
    cut = page.locator(".compare .cut").bounding_box()
    assert abs(cut["x"] + 1 - picture["x"] - 0.8 * picture["width"]) < 0.01 * picture["width"]
    shot("3-compare")
    position = page.get_by_text(re.compile(r"^frame \d+$")).locator("visible=true")
    middle = position.inner_text()
    page.keyboard.press("End")
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=middle)

    for name, ending in (("MP4", "mp4"), ("GIF", "gif"), ("PNG files", "zip")):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        file = download.value.suggested_filename
        assert re.fullmatch(rf"bare-0000\d\d-0001\d\d-refined\.{ending}", file)
        download.value.save_as(tmp_path / f"sharp.{ending}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this frame").click()
    assert re.fullmatch(r"bare-0001\d\d-refined\.png", download.value.suggested_filename)
    assert sc.count_frames(tmp_path / "sharp.mp4") == 3
    assert len(zipfile.ZipFile(tmp_path / "sharp.zip").namelist()) == 3
    with Image.open(tmp_path / "sharp.gif") as gif:
        assert gif.n_frames == 3

    assert page.errors == []
    # Nothing is requested from any other machine.
    assert {
        urlsplit(url).netloc
        for url in page.requested_urls
        if not url.startswith(("data:", "blob:"))
    } == {urlsplit(address).netloc}


def test_a_sequence_of_the_sample_is_scored(served, page, shot, tmp_path):
    truth = sc.deblur(sample.BLUR, sample.SPIKES, at=68)
    noise = np.random.default_rng(0).normal(0, 0.01, truth.shape)
    sc.save(tmp_path / "truth.png", np.clip(truth + noise, 0, 1))
    address, _ = served("app")
    page.goto(address)
    page.get_by_role("button", name="Open the sample").click()
    page.get_by_text("137 frames at 20000 Hz, 6.85 ms").wait_for()
    page.get_by_role("tab", name="Open").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "truth.png")
    page.get_by_role("tab", name="Deblur").click()
    page.get_by_label("Blurry picture").click()
    page.get_by_role("option", name="blur.png").click()
    page.get_by_label("Sharp frames").fill("1")
    page.get_by_role("button", name="Deblur").click()
    page.get_by_text("1 of 1 frames").wait_for(timeout=60_000)
    page.get_by_label("The sharp picture of this frame").click()
    page.get_by_role("option", name="truth.png").click()
    scores = page.get_by_text(re.compile(r"PSNR \d\d\.\d\d dB")).inner_text()
    assert 39 < float(re.search(r"PSNR ([\d.]+)", scores)[1]) < 41
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot("4-small-screen")


def test_samples_are_shown_and_spikes_need_no_picture(served, page, shot, corner, tmp_path):
    address, _ = served("app", corner)
    page.goto(address)
    page.get_by_text("spikes.npz").click()
    page.get_by_text("137 frames of unknown rate").wait_for()
    page.get_by_role("tab", name="Deblur").click()
    mix = page.get_by_label("Mix")
    for method, draws_samples in (("spikegen", True), ("sdm", False), ("spikegen", True)):
        choose(page, "Method", re.compile(f"^{method}:"))
        mix.wait_for(state="visible" if draws_samples else "detached")
        assert page.get_by_label("Seed").is_visible() == draws_samples

    page.get_by_label("Sharp frames").fill("2")
    page.get_by_label("Steps").fill("1")
    choose(page, "Blurry picture", "no picture: spikes alone")
    page.get_by_role("button", name="Deblur").click()
    page.get_by_text("2 of 2 frames").wait_for(timeout=60_000)
    page.get_by_text("TFP on the left, the mean of one sample on the right").wait_for()
    assert (
        wait_for_picture(page, ".compare img")
        == wait_for_picture(page, ".compare img.after")
        == [128, 72]
    )
    assert not page.get_by_label("The sharp picture of this frame").is_visible()
    page.wait_for_timeout(500)
    shot("7-spikes-alone")

    choose(page, "Blurry picture", "blur.png")
    page.get_by_label("Sharp frames").fill("1")
    page.get_by_label("Samples").fill("2")
    page.get_by_label("Steps").fill("2")
    page.get_by_role("button", name="Deblur").click()
    page.get_by_text("1 of 1 frames").wait_for(timeout=60_000)
    page.get_by_text("Blurry on the left, the mean of 2 samples on the right").wait_for()
    assert wait_for_picture(page, ".compare img.after") == [512, 288]
    screenshots = [page.locator(".compare").screenshot()]
    for kind, legend in (
        ("spread", re.compile(r"the standard deviation of 2 samples .*; white is 0\.\d{4}$")),
        ("sample 2", re.compile("sample 2 of 2 on the right$")),
    ):
        choose(page, "On the right", kind)
        page.get_by_text(legend).wait_for()
        page.wait_for_timeout(500)
        shot(f"8-{kind.replace(' ', '-')}")
        screenshots.append(page.locator(".compare").screenshot())
    assert len(set(screenshots)) == 3
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG files").click()
    download.value.save_as(tmp_path / "frames.zip")
    assert zipfile.ZipFile(tmp_path / "frames.zip").namelist() == ["068.png"]
    # Of another method there is one picture of a frame, and it needs a blurry one.
    choose(page, "Blurry picture", "no picture: spikes alone")
    choose(page, "Method", re.compile("^sdm:"))
    page.get_by_role("button", name="Deblur").click()
    page.get_by_text("Blurry on the left, sharp on the right").wait_for()
    assert not page.get_by_label("On the right").is_visible()
    assert page.errors == []


def test_a_recording_that_was_removed_becomes_a_sentence_in_place_of_the_picture(
    served, page, folder
):
    sc.save(folder / "other.dat", sc.SpikeStream.from_array(np.ones((60, 8, 16))))
    address, _ = served("app", folder / "other.dat")
    page.goto(address)
    page.get_by_text("60 frames of unknown rate").wait_for()
    assert wait_for_picture(page, ".frame img") == [16, 8]
    (folder / "other.dat").unlink()
    with page.expect_response(re.compile("/frame")) as answer:
        page.keyboard.press("ArrowRight")
    assert "changed while it was being read" in answer.value.text()
    page.wait_for_function("() => document.querySelector('.frame img').naturalWidth == 480")


def test_a_sequence_is_cancelled(served, page):
    address, _ = served("app")
    page.goto(address)
    start_sequence(page)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text(re.compile(r"stopped after \d+ frame")).wait_for()
    assert page.get_by_role("button", name="Deblur").is_enabled()


def test_errors_are_notices_of_one_sentence(served, page, shot, folder, tmp_path):
    address, _ = served("app", folder)
    page.goto(address)
    page.get_by_text("not-spikes.npz").click()
    notice = page.locator(".notice")
    notice.wait_for()
    text = notice.inner_text()
    assert "not-spikes.npz" in text
    assert "Traceback" not in text
    shot("5-a-wrong-file")
    close_notice(page)
    (tmp_path / "notes.txt").write_text("hello")
    page.locator("input[type=file]").set_input_files(tmp_path / "notes.txt")
    page.get_by_text("notes.txt is neither a recording nor a picture").wait_for()
    close_notice(page)
    page.get_by_role("button", name="Open the sample").click()
    page.get_by_label("Window").fill("4")
    page.get_by_text("a window is an odd number of frames, at least 1, not 4").wait_for()
    page.get_by_role("tab", name="Deblur").click()
    page.get_by_label("to before frame").fill("500")
    page.get_by_role("button", name="Deblur").click()
    page.get_by_text(re.compile("exposure .*500")).wait_for()
    page.get_by_label("to before frame").fill("20")
    page.get_by_label("Exposed from frame").fill("50")
    page.get_by_role("button", name="Deblur").click()
    page.get_by_text("it must stop after it starts").wait_for()
    page.get_by_text(re.compile("exposure .*500")).wait_for(state="detached")
    assert page.errors == []


def test_another_recording_ends_a_sequence_that_is_being_made(served, page, folder):
    sc.save(folder / "other.dat", sc.SpikeStream.from_array(np.ones((60, 8, 16))))
    address, _ = served("app", folder)
    page.goto(address)
    start_sequence(page)
    page.get_by_role("tab", name="Open").click()
    page.get_by_text("other.dat").click()
    page.get_by_text("60 frames of unknown rate").wait_for()
    page.get_by_role("tab", name="Deblur").click()
    page.wait_for_function("() => ![...document.querySelectorAll('button')].some(b => b.disabled)")
    assert not page.locator(".compare").is_visible()
    assert not page.get_by_text("of 90 frames").is_visible()
    assert page.errors == []


def test_keys_and_play_are_for_the_tab_that_is_shown(served, page):
    address, _ = served("app")
    page.goto(address)
    page.get_by_role("button", name="Open the sample").click()
    page.get_by_text("frame 68", exact=False).first.wait_for()
    page.get_by_label("Window").click()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("tab", name="Open").click()
    page.keyboard.press("ArrowRight")
    page.get_by_role("tab", name="View").click()
    page.wait_for_timeout(500)
    page.get_by_text(re.compile("^frame 68,")).wait_for()
    page.get_by_role("button", name="Play").click()
    page.get_by_text(re.compile("^frame 7[2-9],")).wait_for()
    page.get_by_role("button", name="Play").click()
    page.get_by_text("Hold black and white").click()
    # Space is for the frames, and not for the switch that was clicked.
    page.get_by_role("button", name="Save this frame").click()
    before = page.get_by_text(re.compile(r"^frame \d+,")).inner_text()
    page.keyboard.press("Space")
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=before)
    page.keyboard.press("Space")
    page.get_by_label("Go to frame").fill("9999")
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("^frame 116,")).wait_for()
    choose(page, "Method", re.compile("^tfstp:"))
    wait_for_picture(page, ".frame img")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this frame").click()
    assert re.fullmatch(r"spikes-000\d{3}-tfstp\.png", download.value.suggested_filename)
    choose(page, "Method", re.compile("^defocus:"))
    wait_for_picture(page, ".frame img")
    page.wait_for_function("[...document.querySelectorAll('input')].some(e => e.value == '101')")
    assert page.errors == []


def test_a_recording_too_short_for_a_method_is_shown_by_another(served, page, folder):
    sc.save(folder / "short.npz", sc.open(sample.SPIKES)[:20])
    address, _ = served("app", folder)
    page.goto(address)
    page.get_by_text("short.npz").click()
    page.get_by_text(re.compile("^frame 10,")).wait_for()
    choose(page, "Method", re.compile("^defocus:"))
    page.get_by_text("at least 25 frames, and the recording has 20").wait_for()
    wait_for_method(page, "tfp")
    close_notice(page)
    page.get_by_role("tab", name="Open").click()
    page.get_by_role("button", name="Open the sample").click()
    page.get_by_text(re.compile("^frame 68,")).wait_for()
    choose(page, "Method", re.compile("^defocus:"))
    wait_for_method(page, "defocus")
    page.get_by_role("tab", name="Open").click()
    # Once among those that were opened of late.
    page.get_by_text("short.npz").first.click()
    page.get_by_text(re.compile("^frame 10,")).wait_for()
    wait_for_method(page, "tfp")
    assert wait_for_picture(page, ".frame img") == [320, 180]
