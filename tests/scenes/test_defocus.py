import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecam.errors import OptionError
from spikecam.scenes.defocus import defocus_picture, defocus_scene, disc_kernel, disc_radius

LENS = {"focus": 2.0, "focal_length": 0.05, "f_number": 2.0, "pitch": 10e-6}


@pytest.fixture
def picture():
    return np.random.default_rng(0).random((48, 64, 3)).astype(np.float32)


@given(st.floats(1e-6, 12))
def test_a_disc_is_round_and_whole(radius):
    kernel = disc_kernel(radius)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert np.array_equal(kernel, kernel.T)
    assert np.array_equal(kernel, kernel[::-1])
    # From here on the middle pixel is covered as a whole, and the sum tells the area.
    if radius > 0.75:
        middle = kernel[len(kernel) // 2, len(kernel) // 2]
        assert 1 / middle == pytest.approx(np.pi * radius**2, rel=0.03)


def test_a_point_spreads_over_its_disc():
    point = np.zeros((41, 41))
    point[20, 20] = 1
    spread = defocus_picture(point, 6.0)
    y, x = np.mgrid[-20:21, -20:21]
    distance = np.hypot(y, x)
    assert np.allclose(spread[distance < 5.2], 1 / (np.pi * 36), rtol=0.02)
    assert (spread[distance > 6.8] < 1e-6).all()
    # Half the spread of a disc across its diameter.
    assert (spread * x**2).sum() == pytest.approx(6**2 / 4, rel=0.03)


def test_without_a_radius_nothing_changes(picture):
    assert np.array_equal(defocus_picture(picture, 0), picture)
    half = np.zeros((48, 64))
    half[:, 32:] = 4
    mixed = defocus_picture(picture, half)
    assert np.array_equal(mixed[:, :32], picture[:, :32])
    assert np.array_equal(mixed[:, 32:], defocus_picture(picture, 4)[:, 32:])
    assert not np.allclose(mixed[:, 32:], picture[:, 32:], atol=0.1)


@given(st.floats(0, 1), st.floats(0, 15))
def test_constants_stay(level, strength):
    radius = np.linspace(0, strength, 30 * 40).reshape(30, 40)
    assert np.allclose(defocus_picture(np.full((30, 40), level), radius), level, atol=1e-5)


def test_radii_between_two_levels_lie_between_them(picture):
    low, middle, high = (defocus_picture(picture, r) for r in (3.0, 3.2, 3.5))
    assert np.allclose(middle, 0.6 * low + 0.4 * high, atol=1e-5)
    widths = [defocus_picture(picture, r).std() for r in (0, 1, 1.7, 2.3, 4)]
    assert (np.diff(widths) < 0).all()


def test_bytes_and_gray_pictures_do_too(picture):
    levels = (picture * 255).astype(np.uint8)
    assert np.allclose(defocus_picture(levels, 2), defocus_picture(levels / 255, 2), atol=1e-6)
    assert defocus_picture(levels[..., 0], 2).shape == (48, 64)


def test_the_radius_is_that_of_a_thin_lens():
    """Against the images of the two distances by 1/f = 1/D + 1/d, which the formula condenses."""
    depth = np.array([0.5, 1.7, 2.0, 8.0, 1e9])
    image, sensor = 1 / (1 / 0.05 - 1 / depth), 1 / (1 / 0.05 - 1 / 2.0)
    cone = 0.05 / 2 * np.abs(sensor - image) / image
    assert np.allclose(disc_radius(depth, **LENS), cone / 2 / 10e-6, rtol=1e-4)
    assert disc_radius(2.0, **LENS) == 0
    assert disc_radius(np.inf, **LENS) == pytest.approx(disc_radius(1e9, **LENS))


def test_what_no_lens_or_picture_is_is_refused(picture):
    with pytest.raises(OptionError, match="each above 0"):
        disc_radius([1.0, 0.0], **LENS)
    with pytest.raises(OptionError, match="each above 0"):
        disc_radius([1.0, np.nan], **LENS)
    with pytest.raises(OptionError, match="beyond that"):
        disc_radius(1.0, **(LENS | {"focus": 0.05}))
    with pytest.raises(OptionError, match="above 0"):
        disc_radius(1.0, **(LENS | {"f_number": 0}))
    for radius in (-1, 25, np.nan, np.full((48, 64), np.inf)):
        with pytest.raises(OptionError, match="0 to 24 pixels"):
            defocus_picture(picture, radius)
    with pytest.raises(OptionError, match="picture's size"):
        defocus_picture(picture, np.zeros((64, 48)))
    for wrong in (picture * 2, picture * np.nan, (picture * 9).astype(int)):
        with pytest.raises(OptionError, match=r"in \[0, 1\]"):
            defocus_picture(wrong, 1)
    with pytest.raises(OptionError, match="height, width"):
        defocus_picture(picture[None], 1)


def two_planes():
    """Random light: dark on the left, far; bright on the right, near."""
    scene = np.random.default_rng(0).uniform(0, 0.1, (60, 80)).astype(np.float32)
    scene[:, 40:] += 0.8
    near = np.zeros((60, 80), np.float32)
    near[:, 40:] = 1
    return scene, near


@given(st.floats(0, 1), st.floats(0, 10), st.floats(-0.2, 1.2))
def test_a_constant_scene_stays_at_any_depths(level, strength, focus):
    near = np.linspace(0, 1, 30 * 40).reshape(30, 40)
    near[:, 20:] = 0.9
    seen = defocus_scene(np.full((30, 40), level), near, focus=focus, strength=strength)
    assert np.allclose(seen, level, atol=1e-4)


def test_at_one_depth_it_is_the_plain_blur(picture):
    seen = defocus_scene(picture, np.full((48, 64), 0.25), focus=0.75, strength=8)
    assert np.allclose(seen, defocus_picture(picture, 4.0), atol=1e-5)


def test_what_is_sharp_in_front_gives_no_light_to_what_is_behind():
    scene, near = two_planes()
    seen = defocus_scene(scene, near, focus=1, strength=6)
    assert np.allclose(seen[:, 40:], scene[:, 40:], atol=1e-6)
    assert seen[:, :40].max() < 0.11
    assert seen[:, :30].std() < 0.3 * scene[:, :30].std()
    # A map of radii alone knows nothing of what covers what.
    assert defocus_picture(scene, 6 * (1 - near))[:, 36:40].max() > 0.3


def test_what_is_blurred_in_front_spreads_over_what_is_sharp():
    scene, near = two_planes()
    seen = defocus_scene(scene, near, focus=0, strength=6)
    assert np.allclose(seen[:, :33], scene[:, :33], atol=1e-6)
    middle = seen[10:50, 34:46].mean(0)
    assert (np.diff(middle) > 0).all()
    assert 0.3 < middle[5:7].mean() < 0.6


@pytest.mark.parametrize(
    ("near", "options", "said"),
    [
        (np.full((60, 80), 2.0), {}, "inverse depth is 0, far, to 1, near"),
        (np.full((60, 80), np.nan), {}, "inverse depth is 0, far, to 1, near"),
        (np.zeros((6, 8)), {}, "inverse depth is of the picture's size"),
        (np.zeros((60, 80)), {"strength": -1}, "strength one from 0 on"),
        (np.zeros((60, 80)), {"focus": np.inf}, "focus is a number"),
        (np.zeros((60, 80)), {"strength": 200}, "choose a smaller strength"),
    ],
)
def test_scenes_that_cannot_be_are_refused(near, options, said):
    with pytest.raises(OptionError, match=said):
        defocus_scene(np.zeros((60, 80)), near, **{"focus": 1.0, "strength": 2.0} | options)
