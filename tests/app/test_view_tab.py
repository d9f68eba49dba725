"""The View tab as a person meets it, in a browser, on the sample."""

import re
from itertools import pairwise

import numpy as np
import pytest

import spikecam as sc
from spikecam import sample

WIDTH = 320


@pytest.fixture
def view(sample_address, page):
    """The page with the sample in the View tab."""
    page.goto(sample_address)
    page.get_by_text(re.compile("^frame 68,")).wait_for()
    wait_for_tab(page)
    yield page
    assert page.errors == []


def wait_for_tab(page):
    """Wait until the tab and the picture in it stand still."""
    page.locator(".q-tab-panel").nth(1).wait_for(state="detached")
    frame = page.locator(".frame").first
    before, box = None, frame.bounding_box()
    while before != box or not box["width"]:
        page.wait_for_timeout(150)
        before, box = box, frame.bounding_box()


def scale_of(page):
    """CSS pixels for each pixel of the picture."""
    return page.locator(".frame").first.bounding_box()["width"] / WIDTH


def wait_for_scale(page, condition):
    for _ in range(50):
        if condition(scale_of(page)):
            return scale_of(page)
        page.wait_for_timeout(50)
    pytest.fail(f"the scale is {scale_of(page)}")


def place_of(page, x, y):
    """The point of the window where a place of the picture is."""
    box = page.locator(".frame").first.bounding_box()
    scale = box["width"] / WIDTH
    return box["x"] + x * scale, box["y"] + y * scale


def drag(page, start, stop):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*stop, steps=3)
    page.mouse.up()


def wait_for_picture(page, act):
    """Wait for the picture of the first pane that an act asks for."""
    with page.expect_response(re.compile("/frame")) as response:
        act()
    assert response.value.ok
    return response.value.url


def test_the_wheel_zooms_a_drag_moves_and_the_address_keeps_both(view):
    page, fit = view, scale_of(view)
    mouse = place_of(page, 200, 90)
    page.mouse.move(*mouse)
    page.get_by_text(re.compile(r"^x (199|200), y (89|90); tfp 0\.\d{4}, gray \d+$")).wait_for()
    page.mouse.wheel(0, -600)
    scale = wait_for_scale(page, lambda scale: scale > 3 * fit)
    # The place below the mouse stays there.
    assert place_of(page, 200, 90) == pytest.approx(mouse, abs=3)
    mouse = place_of(page, 200, 90)
    drag(page, mouse, (mouse[0] - 80, mouse[1] + 20))
    moved = place_of(page, 200, 90)
    assert moved == pytest.approx((mouse[0] - 80, mouse[1] + 20), abs=1)
    # A drag is no click, and a click is no drag.
    page.get_by_text("Click on the picture").wait_for()
    page.mouse.click(*place_of(page, 200.5, 90.5))
    page.get_by_text(re.compile("^Pixel 200, 90: ")).wait_for()
    stage = page.locator(".stage").bounding_box()
    middle = 200 + (stage["x"] + stage["width"] / 2 - moved[0]) / scale
    page.wait_for_url(re.compile(rf"zoom=[\d.]+,{int(middle)}[\d.]*,[\d.]+&pixel=200,90"))
    page.reload()
    page.get_by_text(re.compile("^Pixel 200, 90: ")).wait_for()
    wait_for_tab(page)
    assert wait_for_scale(page, lambda value: value > fit) == pytest.approx(scale, rel=1e-3)
    assert place_of(page, 200, 90) == pytest.approx(moved, abs=2)

    page.get_by_role("button", name="One pixel of the picture").click()
    page.get_by_text("100 %").wait_for()
    assert scale_of(page) == 1
    page.keyboard.press("+")
    assert wait_for_scale(page, lambda value: value > 1) == pytest.approx(1.5)
    page.keyboard.press("0")
    assert wait_for_scale(page, lambda value: value > 2) == pytest.approx(fit)
    page.mouse.dblclick(*mouse)
    assert wait_for_scale(page, lambda value: value > fit) == pytest.approx(4 * fit)
    page.mouse.dblclick(*mouse)
    assert wait_for_scale(page, lambda value: value < 2 * fit) == pytest.approx(fit)
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement?.classList.contains('viewer')")
    wait_for_scale(page, lambda value: value > 1.05 * fit)
    page.keyboard.press("f")
    wait_for_scale(page, lambda value: value < 1.02 * fit)
    # Pixels are chosen by the keyboard too.
    page.get_by_label("Pixel x").fill("3")
    page.get_by_text(re.compile("^Pixel 3, ")).wait_for()


def test_black_white_and_colours_change_the_picture(view, tmp_path):
    page = view
    white = page.get_by_label("White", exact=True)
    # The histogram is there with the picture.
    page.wait_for_function(
        "document.querySelector('level-histogram').shadowRoot"
        ".querySelector('.white').ariaValueNow > 0"
    )
    before = float(white.get_attribute("aria-valuenow"))
    box = white.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + 20
    url = wait_for_picture(page, lambda: drag(page, middle, (middle[0] - 100, middle[1])))
    assert "fixed_range%22%3A+%5B0." in url
    assert float(white.get_attribute("aria-valuenow")) < before - 0.1
    assert page.get_by_role("switch", name="Hold black and white").get_attribute("aria-checked")
    page.get_by_label("Black", exact=True).focus()
    wait_for_picture(page, lambda: page.keyboard.press("ArrowRight"))
    page.get_by_text(re.compile("^frame 68,")).wait_for()
    page.get_by_role("combobox", name="Colours").click()
    wait_for_picture(page, lambda: page.get_by_role("option", name="viridis").click())
    page.wait_for_url(re.compile(r"colours=viridis&levels=0\.\d+,0\.\d+"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this frame").click()
    download.value.save_as(tmp_path / "frame.png")
    assert sc.read_picture(tmp_path / "frame.png").shape == (180, 320, 3)


def test_the_address_holds_display_and_played_frames_and_reset_drops_the_display(
    sample_address, page
):
    page.goto(f"{sample_address}&percentiles=5,95&gamma=2.2&colours=viridis&in=40&out=43")
    page.get_by_text(re.compile("^frame 68,")).wait_for()
    gamma = page.get_by_role("slider", name="Gamma")
    gamma.wait_for()
    assert float(gamma.get_attribute("aria-valuenow")) == 2.2
    page.get_by_role("slider", name="Frame").get_by_text("Out").wait_for()
    page.wait_for_url(re.compile("colours=viridis&gamma=2.2&in=40&out=43&percentiles=5,95$"))
    page.get_by_role("switch", name="Hold black and white").click()
    page.wait_for_url(re.compile("&levels="))
    page.get_by_role("button", name="Reset levels and colours").click()
    # Of several pictures, one for each control, the last.
    page.wait_for_function(
        "settings => document.querySelector('.frame img').src.includes(settings)",
        arg="%22low%22%3A+1.0%2C+%22high%22%3A+99.0",
    )
    page.wait_for_url(re.compile("&method=tfp&in=40&out=43$"))
    assert float(gamma.get_attribute("aria-valuenow")) == 1
    # A frame that the recording lacks is none.
    page.goto(f"{sample_address}&in=40&out=5000")
    page.wait_for_url(re.compile("&method=tfp&in=40$"))
    assert page.errors == []


def test_two_pictures_are_linked_and_a_region_has_a_rate_and_spikes(view, tmp_path):
    page = view
    page.get_by_role("button", name="Compare").click()
    page.get_by_label("Method of the second picture").wait_for()
    page.locator(".pane").nth(1).get_by_text("tfi").wait_for()
    button = page.get_by_role("button", name="Compare")
    assert button.get_attribute("aria-pressed") == "true"
    page.mouse.move(*place_of(page, 100, 50))
    page.mouse.wheel(0, -300)
    wait_for_scale(page, lambda scale: scale > 2)
    left, right = (page.locator(".frame").nth(i).bounding_box() for i in (0, 1))
    panes = [page.locator(".pane").nth(i).bounding_box() for i in (0, 1)]
    assert left["width"] == pytest.approx(right["width"])
    assert left["x"] - panes[0]["x"] == pytest.approx(right["x"] - panes[1]["x"])
    page.get_by_role("button", name="Region").click()
    drag(page, place_of(page, 90.5, 40.5), place_of(page, 110.5, 55.5))
    text = page.get_by_text(re.compile(r"^Region 21 x 16 at 90, 40; tfp: mean 0\.\d+, .*tfi: mean"))
    text.wait_for()
    assert page.locator(".frame svg rect:not(.halo)").count() == 2
    rate = sc.reconstruct(sc.open(sample.SPIKES), 68, method="tfp")[40:56, 90:111]
    assert f"tfp: mean {rate.mean():.4f}, spread {rate.std():.4f}" in text.inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Spikes as CSV").click()
    assert download.value.suggested_filename == "spikes-000000-000136-spikes.csv"
    download.value.save_as(tmp_path / "spikes.csv")
    events = np.loadtxt(tmp_path / "spikes.csv", delimiter=",", skiprows=1, dtype=int)
    assert len(events) == np.asarray(sc.open(sample.SPIKES))[:, 40:56, 90:111].sum()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save crop").click()
    download.value.save_as(tmp_path / "crop.png")
    assert sc.read_picture(tmp_path / "crop.png").shape == (16, 21)

    page.get_by_role("button", name="Cut", exact=True).click()
    page.locator(".stage[layout=over]").wait_for()
    cut, stage = page.get_by_role("slider", name="Cut"), page.locator(".stage").bounding_box()
    box = cut.bounding_box()
    y = stage["y"] + stage["height"] / 2
    drag(page, (box["x"] + 10, y), (stage["x"] + 0.2 * stage["width"], y))
    assert cut.get_attribute("aria-valuenow") == "20"
    cut.focus()
    page.keyboard.press("ArrowRight")
    assert cut.get_attribute("aria-valuenow") == "22"
    page.wait_for_url(re.compile("compare=tfi&zoom=.*&region=90,40,111,56&cut=22"))
    page.reload()
    text.wait_for()
    page.locator(".stage[layout=over]").wait_for()
    wait_for_tab(page)
    assert cut.get_attribute("aria-valuenow") == "22"
    assert cut.bounding_box()["x"] + 10 == pytest.approx(stage["x"] + 0.22 * stage["width"], abs=1)
    page.get_by_role("button", name="Compare").click()
    page.locator(".stage[layout=single]").wait_for()
    assert page.locator(".pane").count() == 1


def test_play_goes_between_in_and_out_at_a_speed_and_in_reverse(view):
    page = view
    page.get_by_label("Go to ms").fill("2")
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("^frame 40,")).wait_for()
    page.keyboard.press("i")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.get_by_text(re.compile("^frame 43,")).wait_for()
    page.keyboard.press("o")
    page.get_by_label("Pictures/s").fill("60")
    page.get_by_role("button", name="Reverse").click()
    page.evaluate(
        """() => {
            window.positions = [];
            new MutationObserver(() => {
                const text = document.body.innerText.match(/frame (\\d+),/)[1];
                if (window.positions.at(-1) !== text) window.positions.push(text);
            }).observe(document.body, { subtree: true, childList: true, characterData: true });
        }"""
    )
    page.keyboard.press("Space")
    page.wait_for_function("window.positions.length > 6")
    page.keyboard.press("Space")
    positions = page.evaluate("window.positions.map(Number)")
    assert set(positions) == {40, 41, 42, 43}
    assert all(b - a in (-1, 3) for a, b in pairwise(positions))


def test_a_second_recording_is_shown_at_the_same_time(served, page, tmp_path, spikes):
    folder = tmp_path / "moment"
    for name, rate, frames in (("a.npz", 0.2, 90), ("b.npz", 0.6, 70)):
        recording = spikes(frames, 8, 16, rate=rate)
        sc.save(folder / name, sc.SpikeStream.from_array(recording))
    address, _ = served("app", folder / "a.npz")
    page.goto(address)
    page.get_by_text("90 frames of unknown rate").wait_for()
    page.get_by_role("button", name="Compare").click()
    page.get_by_label("Recording of the second picture").click()
    page.get_by_role("option", name="b.npz").click()
    page.locator(".pane").nth(1).get_by_text("b.npz tfi").wait_for()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("End")
    page.get_by_text("frame 69", exact=True).wait_for()
    page.wait_for_url(re.compile("frame=69.*&compare=tfi&second=b.npz"))
    page.reload()
    page.locator(".pane").nth(1).get_by_text("b.npz tfi").wait_for()
    wait_for_tab(page)
    page.get_by_label("Pixel x").fill("0")
    page.get_by_label("Pixel y").fill("0")
    page.get_by_text(re.compile("^Pixel 0, 0: ")).wait_for()
    box = page.locator(".frame").first.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.get_by_text(
        re.compile(r"^x 0, y 0; tfp 0\.[0-3]\d+, gray \d+; tfi [\d.]+, gray")
    ).wait_for()
    assert page.errors == []


def test_play_goes_on_after_a_picture_that_failed_to_load(view):
    page = view
    page.route(re.compile("frame_index=70&"), lambda route: route.abort())
    page.get_by_role("button", name="Play").click()
    page.get_by_text(re.compile("^frame 7[2-9],")).wait_for()
