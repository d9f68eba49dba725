import numpy as np
import pytest
from skimage import data as photographs

import spikecam as sc
from spikecam.reconstruction import method_choice
from spikecam.reconstruction.method_choice import FAST_METHOD, MOTION_METHOD, choose_method

FRAMES, SIZE = 201, (64, 96)
NOISE = {"photons": 500.0, "reset_noise": 0.02, "spurious_gap": (1000, 300)}


def recording(speed, gain=0.5, lamp=None, **noise):
    """A photograph that moves by so many pixels, under a lamp of (T, H, W) or (T, 1, 1)."""
    scene = sc.moving_scene(
        photographs.coffee(), size=SIZE, frames=FRAMES, exposure=(0, FRAMES), speed=speed, seed=2
    )
    light = np.stack([frame.mean(-1) for frame in scene]).astype(np.float32) / np.float32(255)
    light = light if lamp is None else np.clip(light * lamp, 0, 1).astype(np.float32)
    return sc.simulate(light, sc.Sensor(gain=gain, **noise), seed=1)


@pytest.fixture(scope="module")
def moving():
    return recording(30, **NOISE)


@pytest.fixture(scope="module")
def still():
    return recording(0, **NOISE)


def flicker(period, depth=0.5):
    lamp = 1 - depth / 2 + depth / 2 * np.sin(2 * np.pi * np.arange(FRAMES) / period)
    return lamp[:, None, None]


@pytest.mark.parametrize("frames", [None, "all", [100], [0], range(20, 120), 5])
def test_what_moves_is_followed(moving, frames):
    choice = choose_method(moving, frames)
    assert (choice.method, choice.options) == (MOTION_METHOD, {})
    assert str(choice).startswith(f"method {MOTION_METHOD}: the scene moves, at 0.")


@pytest.mark.parametrize("speed", [2, 10])
@pytest.mark.parametrize("gain", [0.5, 0.1])
def test_slow_motion_and_little_light_are_motion(speed, gain):
    assert choose_method(recording(speed, gain, **NOISE)).method == MOTION_METHOD


def test_what_stands_still_is_averaged(still):
    choice = choose_method(still)
    assert choice.method == "tfi"
    assert choice.options["window"] >= 129
    assert "stands still" in choice.reason
    assert 0.1 < np.mean(sc.reconstruct(still)) < 0.4


@pytest.mark.parametrize("noise", [{}, NOISE, {**NOISE, "photons": 50.0}])
@pytest.mark.parametrize("gain", [1.0, 0.3, 0.1])
def test_noise_and_rounded_intervals_are_no_motion(noise, gain):
    assert "stands still" in choose_method(recording(0, gain, **noise)).reason


def test_windows_are_longer_in_little_light(still):
    bright = choose_method(recording(0, 1.0, **NOISE), [100])
    assert 129 <= bright.options["window"] < choose_method(still, [100]).options["window"]


def test_lamps_that_flicker_are_no_motion():
    half = np.ones((FRAMES, *SIZE), np.float32)
    # Edges of its light lie between blocks: within one they look as motion does.
    half[:, :, :48] = flicker(200)
    for lamp in (flicker(200), flicker(60), half):
        choice = choose_method(recording(0, 0.5, lamp, **NOISE))
        assert choice.method == "tfi"
        assert "stands still" in choice.reason
    assert "lamps that flicker" in choose_method(recording(0, 0.5, flicker(200), **NOISE)).reason
    assert choose_method(recording(30, 0.5, flicker(200), **NOISE)).method == MOTION_METHOD


def test_a_small_part_that_moves_is_motion():
    mixed = np.asarray(recording(0, **NOISE)).copy()
    mixed[:, 16:48, 16:48] = np.asarray(recording(30, **NOISE))[:, 16:48, 16:48]
    assert choose_method(sc.SpikeStream.from_array(mixed)).method == MOTION_METHOD


def test_long_films_are_made_by_the_small_network_or_in_one_pass(moving, still, monkeypatch):
    pixels = SIZE[0] * SIZE[1]
    monkeypatch.setattr(method_choice, "MAX_MOTION_PIXELS", 50 * pixels)
    film = choose_method(moving, "all")
    assert (film.method, film.options) == (MOTION_METHOD, {"weights": "fusion-small"})
    assert str(film).startswith(f"method {MOTION_METHOD} --weights fusion-small: the scene moves")
    assert choose_method(moving, range(50, 90)).options == {}
    assert choose_method(still, "all").method == FAST_METHOD
    assert sum(1 for _ in sc.reconstruct_frames(still)) > FRAMES // 2
    monkeypatch.setattr(method_choice, "MAX_QUICK_PIXELS", 100 * pixels)
    film = choose_method(moving, "all")
    assert (film.method, film.options) == ("tfi", {"window": 17})
    assert "201 pictures along motion take long" in film.reason


def test_what_stands_still_in_little_light_is_made_by_the_network(monkeypatch):
    dim = recording(0, 0.04, photons=500.0)
    choice = choose_method(dim)
    assert (choice.method, choice.options) == (MOTION_METHOD, {})
    assert "stands still in little light" in choice.reason
    monkeypatch.setattr(method_choice, "MAX_MOTION_PIXELS", 50 * SIZE[0] * SIZE[1])
    assert choose_method(dim, "all").method == FAST_METHOD


def test_too_little_light_is_not_followed():
    choice = choose_method(recording(30, 0.005, photons=500.0))
    assert choice.method == FAST_METHOD
    assert choice.options["window"] == FRAMES
    assert "too dark" in choice.reason


def test_frames_near_an_end_are_made_of_what_is_there(still):
    picture = sc.reconstruct(still, 0)
    whole = sc.reconstruct(still, 100, "tfi", window=129)
    assert np.abs(picture - whole).mean() < 0.1 * whole.mean()


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((50, 20, 30)), "no pixel fires"),
        (np.ones((50, 20, 30)), "nearly every pixel fires"),
        (np.zeros((1, 20, 30)), "a single frame"),
        (np.eye(30)[:1, None].repeat(20, 1), "a single frame"),
        (np.eye(30)[:2, None].repeat(20, 1), "stands still"),
        (np.random.default_rng(0).random((3, 20, 30)) < 0.3, "stands still"),
        (np.random.default_rng(0).random((16, 40, 50)) < 0.3, "stands still"),
        (np.random.default_rng(0).random((60, 1, 1)) < 0.3, "stands still"),
        (np.random.default_rng(0).random((60, 3, 2)) < 0.3, "stands still"),
    ],
)
def test_recordings_with_little_in_them_are_reconstructed(array, reason):
    stream = sc.SpikeStream.from_array(array)
    assert reason in choose_method(stream).reason
    for at in {0, len(stream) // 2, len(stream) - 1}:
        picture = sc.reconstruct(stream, at)
        assert np.isfinite(picture).all()
        assert 0 <= picture.min() <= picture.max() <= 1
    assert len(list(sc.reconstruct_frames(stream))) == len(sc.all_frames(stream))
    assert len(sc.reconstruct(stream, frames=len(stream))) == len(stream)


def test_a_recording_of_no_frames_has_a_choice():
    empty = sc.SpikeStream.from_array(np.zeros((0, 4, 5)))
    assert choose_method(empty).reason == "the recording has no frames"
    with pytest.raises(sc.RangeError):
        sc.reconstruct(empty)


def test_reconstruct_takes_the_choice(moving, still):
    assert np.array_equal(sc.reconstruct(moving, 90), sc.reconstruct(moving, 90, MOTION_METHOD))
    choice = choose_method(still, [100])
    expected = sc.reconstruct(still, 100, choice.method, **choice.options)
    assert np.array_equal(sc.reconstruct(still, 100), expected)


def test_options_without_a_method_are_those_of_the_fast_one(moving):
    expected = sc.reconstruct(moving, 90, FAST_METHOD, window=21)
    assert np.array_equal(sc.reconstruct(moving, 90, window=21), expected)
    with pytest.raises(sc.OptionError, match="tfp has no option 'reach'"):
        sc.reconstruct(moving, 90, reach=21)
    fpn = sc.FixedPattern.random(SIZE, seed=0)
    corrected = sc.reconstruct(moving, 90, fpn=fpn)
    assert np.array_equal(corrected, sc.reconstruct(moving, 90, MOTION_METHOD, fpn=fpn))


def test_a_few_hundred_frames_are_read_of_any_length(spikes, monkeypatch):
    stream = sc.SpikeStream.from_array(spikes(20_000, 4, 9, rate=0.2))
    read = []
    packed = sc.SpikeStream.packed

    def counted(self, start=0, stop=None):
        frames = packed(self, start, stop)
        read.append(len(frames))
        return frames

    monkeypatch.setattr(sc.SpikeStream, "packed", counted)
    first = choose_method(stream)
    assert 0 < sum(read) < 5000
    assert choose_method(stream) == first


def test_frames_that_cannot_be_are_refused(moving):
    with pytest.raises(sc.OptionError, match="a count, a range, or a list"):
        choose_method(moving, [0.5])
    with pytest.raises(sc.RangeError, match="leaves"):
        sc.reconstruct(moving, 500)
    with pytest.raises(sc.OptionError, match=r"frames are .all"):
        choose_method(moving, "every")
