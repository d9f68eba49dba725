import numpy as np
import pytest

from spikecam.errors import GeometryError, OptionError
from spikecam.registration.align import align
from spikecam.registration.boards import charuco_board, parse_board


def drawn(board, square=60, border=70):
    """A board on gray cardboard, in [0, 1]."""
    kind, across, down = parse_board(board)
    if kind == "charuco":
        size = (across * square, down * square)
        levels = charuco_board((across, down)).generateImage(size) / 255
    else:
        fields = np.add.outer(np.arange(down + 1), np.arange(across + 1)) % 2
        levels = np.kron(fields, np.ones((square, square)))
    return 0.1 + 0.8 * np.pad(levels, border, constant_values=0.9)


@pytest.fixture
def rig(placed, seen_through, counted):
    """A picture of a board, rates of the same, and the true homography."""

    def make(board, *, factor=2, rate=0.2, seed=0):
        rng = np.random.default_rng(seed)
        light = drawn(board) ** 2.2
        size, full = (250, 400), (250 * factor, 400 * factor)
        matrix = placed(rng, size, full, turn=8, shift=0.05)
        held = placed(rng, full, light.shape, turn=5, shift=0.02, tilt=0.05)
        fit = max(light.shape[0] / full[0], light.shape[1] / full[1])
        centre = np.array([[1, 0, (full[1] - 1) / 2], [0, 1, (full[0] - 1) / 2], [0, 0, 1]])
        zoom = fit / np.sqrt(light.size / (full[0] * full[1]))
        held = held @ centre @ np.diag([zoom, zoom, 1]) @ np.linalg.inv(centre)
        picture = np.clip(seen_through(light, held, full, 2) * 1.1, 0, 1) ** (1 / 2.2)
        rates = counted(seen_through(light, held @ matrix, size, 4), rng, rate=rate, frames=400)
        return np.clip(picture + rng.normal(0, 0.01, full), 0, 1), rates, matrix

    return make


@pytest.mark.parametrize(
    ("board", "factor", "rate"),
    [
        ("checkerboard:9x6", 2, 0.2),
        ("checkerboard:9x6", 4, 0.05),
        ("checkerboard:7x7", 2, 0.03),
        ("charuco:11x8", 2, 0.2),
        ("charuco:8x5", 3, 0.05),
    ],
)
def test_boards_give_the_place_to_half_a_picture_pixel(rig, off_by, board, factor, rate):
    for seed in range(2):
        picture, rates, matrix = rig(board, factor=factor, rate=rate, seed=seed)
        found = align(picture, rates, board=board)
        assert off_by(found.matrix, matrix, rates.shape, picture.shape) < 0.5
        assert found.error < 0.6


def test_a_checkerboard_in_a_picture_upside_down_is_not_trusted(rig):
    # Its corners fit as well the other way; the squares of 9x6 do not.
    picture, rates, _ = rig("checkerboard:9x6")
    with pytest.raises(GeometryError, match="do not agree"):
        align(picture[::-1, ::-1], rates, board="checkerboard:9x6")
    with pytest.raises(GeometryError, match=r"the same way up|do not agree"):
        align(np.rot90(picture), rates, board="checkerboard:9x6")


def test_who_shows_no_board_is_named(rig):
    picture, rates, _ = rig("checkerboard:9x6")
    empty = np.random.default_rng(0).random((250, 400))
    with pytest.raises(GeometryError, match="the picture show no checkerboard:9x6"):
        align(np.kron(empty, np.ones((2, 2))), rates, board="checkerboard:9x6")
    with pytest.raises(GeometryError, match="the spikes show no checkerboard:9x6"):
        align(picture, empty, board="checkerboard:9x6")
    with pytest.raises(GeometryError, match="the spikes show no charuco:11x8"):
        align(picture, rates, board="charuco:11x8")


@pytest.mark.parametrize("board", ["chess", "checkerboard:9", "charuco:2x9", "charuco:0x0", ""])
def test_unknown_boards_are_refused(board):
    with pytest.raises(OptionError, match="no board is called"):
        align(np.zeros((50, 80)), np.zeros((50, 80)), board=board)


def test_a_charuco_board_of_too_many_squares_is_refused():
    with pytest.raises(OptionError, match="1000 markers"):
        charuco_board((50, 50))
