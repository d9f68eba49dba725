"""A scene of Gaussians in a browser: turned with the mouse and keys, and saved."""

from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

import spikecam as sc

IMAGE = 'img[alt="the scene"]'
# Colours of the displayed picture, of 8 x 8 areas.
COLOURS = """() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 8;
    const context = canvas.getContext("2d");
    context.drawImage(document.querySelector('img[alt="the scene"]'), 0, 0, 8, 8);
    return Array.from(context.getImageData(0, 0, 8, 8).data);
}"""
# The still picture is 800 pixels wide.
IS_STILL = "() => document.querySelector('img[alt=\"the scene\"]')?.naturalWidth === 800"


@pytest.fixture
def scene(served, page, ball_file):
    """The page of the ball, at rest, and functions that wait for its picture."""
    address, _ = served("app", ball_file)
    # The picture never ends, and so the page is never loaded as a whole.
    page.goto(address, wait_until="commit")
    page.wait_for_function(IS_STILL)
    return address


def colours(page):
    return np.array(page.evaluate(COLOURS)).reshape(8, 8, 4)[..., :3]


def wait_for_change(page, before):
    """Wait until the picture is another one and at rest; its colours."""
    for _ in range(100):
        page.wait_for_timeout(100)
        if page.evaluate(IS_STILL) and np.abs(colours(page) - before).mean() > 3:
            page.wait_for_timeout(400)
            page.wait_for_function(IS_STILL)
            return colours(page)
    pytest.fail("the picture stays as it was")


def drag(page, right, down, button="left"):
    box = page.locator(IMAGE).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down(button=button)
    page.mouse.move(x + right * box["width"], y + down * box["height"], steps=4)
    page.mouse.up(button=button)


def test_a_scene_is_turned_moved_and_saved(scene, page, shot, tmp_path):
    page.get_by_text("400 Gaussians in colour").wait_for()
    first = colours(page)
    drag(page, 0.3, 0.1)
    turned = wait_for_change(page, first)
    shot("7-scene")
    # It is still in the middle.
    assert np.abs(turned[3:5, 3:5] - first[3:5, 3:5]).mean() > 10
    drag(page, 0.4, 0, "right")
    moved = wait_for_change(page, turned)
    assert moved[3:5, :2].max() < 10
    page.keyboard.press("Home")
    again = wait_for_change(page, moved)
    np.testing.assert_allclose(again, first, atol=6)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    wait_for_change(page, first)
    page.mouse.wheel(0, 1500)
    far = wait_for_change(page, first)
    assert far[0].max() < 10
    page.get_by_role("button", name="white").click()
    white = wait_for_change(page, far)
    assert white[0].min() > 245
    page.get_by_role("switch").click()
    wait_for_change(page, white)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this picture").click()
    assert download.value.suggested_filename == "ball.png"
    download.value.save_as(tmp_path / "saved.png")
    with Image.open(tmp_path / "saved.png") as saved:
        assert (saved.mode, saved.size) == ("L", (800, 800))
    assert page.errors == []
    assert {
        urlsplit(url).netloc
        for url in page.requested_urls
        if not url.startswith(("data:", "blob:"))
    } == {urlsplit(scene).netloc}


def test_the_stream_is_for_its_own_page_alone(served, ball_file):
    import httpx

    whole, _ = served("app", ball_file)
    address = whole.partition("/?")[0]
    assert httpx.get(f"{address}/scene/guessed").status_code == 403
    with httpx.Client() as client:
        client.get(whole)
        assert client.get(f"{address}/scene/guessed").status_code == 404


def test_what_is_no_scene_is_an_error(spikecam, ball_file, tmp_path):
    assert "is shown alone; name one file" in spikecam("app", ball_file, tmp_path).err
    (tmp_path / "mesh.ply").write_bytes(b"ply\nformat ascii 1.0\n")
    ended = spikecam("app", tmp_path / "mesh.ply", "--no-browser")
    assert ended.code == 2
    assert "damaged" in ended.err
    sc.save(tmp_path / "a.png", np.zeros((4, 4)))
    (tmp_path / "a.png").rename(tmp_path / "picture.ply")
    assert "is not a .ply file" in spikecam("app", tmp_path / "picture.ply").err
