"""The player for notebooks, also in a real browser."""

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import spikecam as sc


def decode(jpeg):
    return np.asarray(Image.open(BytesIO(jpeg)))


@pytest.fixture
def stream(steady):
    """Constant light, dark on the left and bright on the right."""
    return steady(np.repeat([[0.2, 0.6]], 8, axis=0).repeat(16, axis=1), 61).with_rate(20_000)


def test_a_recording_is_shown_stretched(stream):
    film = sc.player(stream, "tfp", frames=range(20, 41, 10), window=41)
    assert film.labels == ["frame 20, 1.00 ms", "frame 30, 1.50 ms", "frame 40, 2.00 ms"]
    assert repr(film) == "Player(3 pictures, frame 20, 1.00 ms to frame 40, 2.00 ms)"
    for jpeg in film.jpegs:
        levels = decode(jpeg)
        assert levels.shape == (8, 32)
        assert levels[:, :12].max() < 30
        assert levels[:, 20:].min() > 225


def test_by_default_it_is_forty_frames_or_as_many_as_there_are(stream):
    assert len(sc.player(stream, "tfp", window=11).jpegs) == 40
    assert len(sc.player(stream, "tfp", window=41).jpegs) == 21


def test_the_path_of_a_recording_and_the_choice_of_the_method(stream, tmp_path):
    sc.save(tmp_path / "a.dat", stream)
    assert len(sc.player(tmp_path / "a.dat", frames=3).jpegs) == 3


def test_pictures_are_shown_as_they_are_and_reduced():
    pictures = np.full((3, 100, 200, 3), (0.2, 0.4, 0.6))
    film = sc.player((one for one in pictures), frames=[5, 6, 7], size=64)
    assert (film.width, film.labels) == (64, ["frame 5", "frame 6", "frame 7"])
    assert decode(film.jpegs[0]).shape == (32, 64, 3)
    assert np.abs(decode(film.jpegs[0]) - np.array((51, 102, 153))).max() <= 2
    assert sc.player(np.uint8(255 * pictures)).labels == ["picture 0", "picture 1", "picture 2"]


def test_the_html_holds_all_and_loads_nothing(stream):
    film = sc.player(stream, "tfp", frames=3, fps=20)
    html = film._repr_html_()
    assert "http" not in html
    assert ", 50);" in html
    lists = re.findall(r"const pictures = \[(.*)\];", html)[0]
    assert [b64decode(one) for one in re.findall(r'"([^"]+)"', lists)] == list(film.jpegs)
    # Without scripts it is the picture of the middle.
    (first,) = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    assert b64decode(first) == film.jpegs[1]
    assert re.findall(r'<div id="([^"]+)"', html) != re.findall(
        r'<div id="([^"]+)"', film.to_html()
    )


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (np.zeros((301, 4, 4)), {}, "1 to 300 pictures"),
        (np.zeros((0, 4, 4)), {}, "1 to 300 pictures"),
        (np.zeros((4, 4)), {}, "this is one"),
        (np.zeros((2, 4, 4)), {"window": 5}, "made already"),
        (np.zeros((2, 4, 4)), {"method": "tfp"}, "made already"),
        (np.zeros((2, 4, 4)), {"frames": [1]}, "index of a frame each"),
        (np.zeros((2, 4, 4)), {"fps": 0}, "0.1 to 50 pictures a second"),
        (np.zeros((2, 4, 4)), {"size": 8}, "32 to 2000 pixels"),
        (np.full((2, 4, 4), 2.0), {}, r"values in \[0, 1\]"),
        ([np.zeros((4, 4)), np.zeros((4, 5))], {}, "differ in size"),
    ],
)
def test_what_cannot_be_shown_is_refused(content, options, message):
    with pytest.raises(sc.OptionError, match=message):
        sc.player(content, **options)


def test_a_film_that_is_too_large_is_refused(monkeypatch, stream):
    monkeypatch.setattr("spikecam.show.player.MAX_BYTES", 2_000)
    with pytest.raises(sc.OptionError, match=r"fewer frames or a smaller size"):
        sc.player(stream, "tfp", frames=20)
    with pytest.raises(sc.OptionError, match="1 to 300 pictures"):
        sc.player(sc.SpikeStream.from_array(np.ones((400, 2, 2))), "tfp", frames=range(20, 330))
    with pytest.raises(sc.RangeError, match="leaves the recording"):
        sc.player(stream, "tfp", frames=[3])


def test_slider_and_button_work_on_a_page(stream, tmp_path, browser):
    film = sc.player(stream, "tfp", frames=3, fps=50)
    # Two of the same on one page are two.
    (tmp_path / "page.html").write_text(f"<html>{film.to_html()}{film.to_html()}</html>")
    page = browser.new_page()
    faults = []
    page.on("pageerror", lambda fault: faults.append(fault))
    page.goto((tmp_path / "page.html").as_uri())
    first, second = page.locator("output").all()
    assert first.text_content() == "frame 30, 1.50 ms"
    page.locator("input").first.fill("2")
    assert first.text_content() == "frame 40, 2.00 ms"
    assert second.text_content() == "frame 30, 1.50 ms"
    page.get_by_role("button").first.click()
    page.wait_for_function("document.querySelector('output').textContent.includes('20')")
    assert page.get_by_role("button").first.text_content() == "Pause"
    page.get_by_role("button").first.click()
    assert page.get_by_role("button").first.text_content() == "Play"
    source = page.locator("img").first.get_attribute("src")
    assert source.startswith("data:image/jpeg;base64,")
    assert faults == []
    page.close()
