import json

import numpy as np
import pytest

from spikecam.errors import FileError, GeometryError, OutputError
from spikecam.registration.alignment import Alignment, apply_homography, fine_to_coarse_matrix

ROWS = ((2.01, -0.05, 3.5), (0.02, 1.99, -2.25), (1e-5, -2e-5, 1.0))
SOME = Alignment(ROWS, (25, 40), (50, 80), (20, 117), 0.25)


def smooth(shape, matrix=None):
    """A smooth colour picture, or what it would show through a homography."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    points = np.stack([x, y], axis=-1).astype(float)
    if matrix is not None:
        points = apply_homography(matrix, points)
    x, y = points[..., 0], points[..., 1]
    planes = [0.5 + 0.4 * np.sin(x / a + y / b) for a, b in ((5, 9), (8, -6), (-7, 11))]
    return np.stack(planes, axis=-1).astype(np.float32)


def test_what_is_saved_is_opened_again(tmp_path):
    for alignment in (SOME, Alignment(ROWS, (25, 40), (50, 80))):
        path = tmp_path / "new" / "align.json"
        alignment.save(path)
        assert Alignment.load(path) == alignment
        assert hash(alignment)
    assert [p.name for p in path.parent.iterdir()] == ["align.json"]


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(OutputError, match="folder"):
        SOME.save(tmp_path)


def said(**changes):
    matrix = [list(row) for row in ROWS]
    size, picture = {"height": 25, "width": 40}, {"height": 50, "width": 80}
    return {"homography": matrix, "spikes": size, "picture": picture, **changes}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        ("[1, 2]", "list"),
        ("{}", "no entry 'homography'"),
        (said(colour=3), "unknown entry 'colour'"),
        (said(homography=[[1, 0, 0], [0, 1, 0]]), "3x3"),
        (said(homography=[[1, 0], [0, 1], [0, 0]]), "3x3"),
        (said(homography="identity"), "3x3"),
        (said(homography=[[1, 0, 0], [0, True, 0], [0, 0, 1]]), "3x3"),
        (said(homography=[[1, 0, 0], [0, float("nan"), 0], [0, 0, 1]]), "finite"),
        (said(homography=[[1, 0, 0], [0, 10**400, 0], [0, 0, 1]]), "3x3"),
        (said(homography=[[1, 0, 0], [2, 0, 0], [0, 0, 1]]), "singular"),
        (said(homography=[[1, 0, 0], [0, 1, 0], [-0.1, 0, 1]]), "infinity"),
        (said(spikes=[25, 40]), "a height and a width"),
        (said(spikes={"height": 25, "width": 40.0}), "whole numbers"),
        (said(picture={"height": 0, "width": 80}), "at least 1"),
        (said(exposure=[5]), "START, STOP"),
        (said(exposure=[5, 5]), "START, STOP"),
        (said(exposure=[0, 1.5]), "START, STOP"),
        (said(error=-1), "at least 0"),
        (said(error="small"), "number of pixels"),
        (said(error=10**400), "not an alignment"),
    ],
)
def test_files_that_say_something_else_are_refused(tmp_path, content, reason):
    path = tmp_path / "align.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(FileError, match=reason) as raised:
        Alignment.load(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(FileError, match="does not exist"):
        Alignment.load(tmp_path / "align.json")


def test_the_scale_of_a_homography_is_free():
    doubled = tuple(tuple(-2 * n for n in row) for row in ROWS)
    assert Alignment(doubled, (25, 40), (50, 80)) == Alignment(ROWS, (25, 40), (50, 80))


def test_same_view_pictures_pass_as_they_are():
    picture = smooth((50, 80))
    for factor in (1, 2, 5):
        size = (50 // factor, 80 // factor)
        alignment = Alignment.same_view(size, (50, 80))
        assert alignment.upsampling_factor == factor
        assert alignment.coverage() == 1
        assert np.abs(alignment.rectify(picture) - picture).max() < 1e-6


def test_the_rectified_picture_is_what_the_spike_camera_would_see():
    inner = Alignment(((3.1, -0.2, 9), (0.15, 2.9, 4), (1e-4, -2e-4, 1)), (25, 40), (90, 150))
    assert inner.coverage() == 1
    seen = inner.rectify(smooth((90, 150)))
    assert seen.shape == (75, 120, 3)
    expected = smooth((75, 120), inner.matrix @ fine_to_coarse_matrix(3))
    assert np.abs(seen - expected).mean() < 5e-4
    assert abs((seen - expected).mean()) < 2e-5


def test_gray_and_bytes_and_magnifications_below_one():
    picture = smooth((12, 20))
    small = Alignment.same_view((25, 40), (12, 20))
    assert small.upsampling_factor == 1
    assert small.rectify(picture[..., 0]).shape == (25, 40)
    levels = np.rint(picture * 255).astype(np.uint8)
    seen = small.rectify(levels)
    assert seen.dtype == np.float32
    assert np.abs(seen - small.rectify(picture)).max() < 0.01


def test_overshoot_is_clipped():
    edge = np.zeros((50, 80))
    edge[:, 40:] = 1
    seen = Alignment(ROWS, (25, 40), (50, 80)).rectify(edge)
    assert seen.min() == 0
    assert seen.max() == 1


def test_what_the_picture_does_not_cover_is_black_and_counted():
    shifted = Alignment(((2, 0, 40.5), (0, 2, 0.5), (0, 0, 1)), (25, 40), (50, 80))
    seen = shifted.rectify(np.ones((50, 80)))
    assert (seen[:, :40] == 1).all()
    assert (seen[:, 40:] == 0).all()
    assert shifted.coverage() == 0.5


def test_another_picture_is_refused():
    with pytest.raises(GeometryError, match="80x51 does not go with this alignment"):
        SOME.rectify(np.zeros((51, 80)))
