"""Pictures and spikes of one scene, at known places; the limits are about twice what is reached."""

from itertools import combinations

import cv2
import numpy as np
import pytest
from PIL import Image

from spikecam.errors import GeometryError, OptionError, RangeError
from spikecam.registration.align import align, repair_pixels
from spikecam.registration.alignment import Alignment
from spikecam.registration.refinement import local_contrast
from spikecam.stream import SpikeStream

GRAY = np.array([0.30, 0.59, 0.11], np.float32)


@pytest.fixture
def photo(data):
    """A photograph by its number, in [0, 1]."""
    paths = sorted((data / "train_photos").glob("*.jpg"))

    def read(number):
        with Image.open(paths[number]) as image:
            return np.asarray(image.convert("RGB"), np.float32) / 255

    return read


@pytest.fixture
def rig(photo, placed, seen_through, counted):
    """A picture, the rates that a spike camera saw, and the true homography."""

    def make(number, *, scale=2.5, rate=0.2, frames=200, blur=0, linear=True, gain=1.3, seed=0):
        rng = np.random.default_rng(seed)
        light = photo(number) ** 2.2
        if blur:
            # One path of the camera before both sensors: they are blurred alike.
            kernel = np.zeros((blur, blur), np.float32)
            cv2.line(kernel, (0, blur // 3), (blur - 1, blur - blur // 3), (1,))
            light = cv2.filter2D(light, -1, kernel / kernel.sum())
        top, left = light.shape[0] // 8, light.shape[1] // 8
        inner = light[top:-top, left:-left]
        size = (int(inner.shape[0] / scale), int(inner.shape[1] / scale))
        matrix = placed(rng, size, inner.shape[:2])
        margin = np.array([[1, 0, left], [0, 1, top], [0, 0, 1]])
        ours = light @ GRAY if linear else (light @ GRAY) ** (1 / 2.2)
        view = seen_through(ours, margin @ matrix, size, 2 * int(np.ceil(scale)))
        picture = np.clip(inner * gain, 0, 1) ** (1 / 2.2) + rng.normal(0, 0.01, inner.shape)
        rates = counted(view, rng, rate=rate, frames=frames)
        return np.clip(picture, 0, 1).astype(np.float32), rates, matrix

    return make


HARD = [
    (12, {"scale": 1.0}),
    (30, {"scale": 2.0, "linear": False}),
    (47, {"scale": 3.0, "rate": 0.03, "frames": 120}),
    (60, {"scale": 2.0, "gain": 3.0}),
    (75, {"scale": 2.0, "blur": 21, "rate": 0.05}),
    (90, {"scale": 4.0, "blur": 15}),
    (110, {"scale": 1.5, "rate": 0.5}),
    (130, {"scale": 5.0}),
]


@pytest.mark.parametrize(("number", "kind"), HARD)
def test_known_places_are_found(rig, off_by, number, kind):
    picture, rates, matrix = rig(number, seed=number, **kind)
    found = align(picture, rates)
    assert (found.spike_size, found.picture_size) == (rates.shape, picture.shape[:2])
    error = off_by(found.matrix, matrix, rates.shape, picture.shape[:2])
    assert error < 0.3 * kind["scale"]
    assert error < 5 * found.error + 0.05


def test_errors_are_half_a_picture_pixel_and_known(rig, off_by):
    errors, estimates = [], []
    for number in range(5, 200, 20):
        picture, rates, matrix = rig(number, scale=2.0, seed=number)
        found = align(picture, rates)
        errors.append(off_by(found.matrix, matrix, rates.shape, picture.shape[:2]))
        estimates.append(found.error)
    assert np.median(errors) < 0.25
    assert np.mean(np.array(errors) < 0.5) >= 0.8
    assert 0.4 < np.median(estimates) / np.median(errors) < 2.5


def test_the_answer_is_the_same_every_time(rig):
    picture, rates, _ = rig(30)
    assert align(picture, rates) == align(picture, rates)


def test_bytes_and_grays_and_counts_do_as_well(rig, off_by):
    picture, rates, _ = rig(30)
    found = align(picture, rates)
    levels = np.rint(picture * 255).astype(np.uint8)
    counts = np.rint(rates * 200).astype(np.int32)
    for other in (align(levels, rates), align(picture @ GRAY, rates), align(picture, counts)):
        assert off_by(other.matrix, found.matrix, rates.shape, picture.shape[:2]) < 0.02


def test_a_recording_is_aligned_over_its_exposure(rig, off_by):
    picture, rates, matrix = rig(30, scale=4.0)
    other = np.random.default_rng(0).random((60, *rates.shape)) < 0.5
    total = rates * np.arange(101)[:, None, None]
    spikes = np.concatenate([other, np.diff(np.floor(total), axis=0) > 0])
    stream = SpikeStream.from_array(spikes)
    found = align(picture, stream, exposure=(60, 160))
    assert found.exposure == (60, 160)
    assert off_by(found.matrix, matrix, rates.shape, picture.shape[:2]) < 2
    said = SpikeStream(stream.packed(), rates.shape, exposure=(60, 160))
    assert align(picture, said) == found
    assert align(picture, stream[60:]).exposure is None
    with pytest.raises(RangeError, match="0:160"):
        align(picture, stream, exposure=(100, 200))


def pattern(kind, size=(400, 640)):
    y, x = np.mgrid[: size[0], : size[1]]
    if kind == "stripes":
        return 0.5 + 0.4 * np.sin((x + 0.3 * y) / 9)
    if kind == "fence":  # of one direction, but never the same twice
        return np.repeat(np.random.default_rng(1).random((1, 80)), 8, axis=1) + 0 * y
    if kind == "tiles":
        return 0.5 + 0.2 * np.sin(x / 7) + 0.2 * np.sin(y / 7)
    if kind == "ramp":
        return x / size[1]
    return np.full(size, 0.5)


@pytest.mark.parametrize("kind", ["stripes", "fence", "tiles", "ramp", "flat"])
@pytest.mark.parametrize("noise", [0, 0.01])
def test_too_little_texture_is_refused(kind, noise):
    rng = np.random.default_rng(0)
    scene = pattern(kind)
    rates = np.floor(scene.reshape(100, 4, 160, 4).mean(axis=(1, 3)) * 100 + rng.random((100, 160)))
    picture = np.clip(scene + rng.normal(0, noise, scene.shape), 0, 1)
    with pytest.raises(GeometryError, match="cannot be aligned") as raised:
        align(picture, rates)
    assert "\n" not in str(raised.value)
    with pytest.raises(GeometryError, match="even brightness"):
        align(np.full((400, 640), 0.3), rates)


def test_pictures_of_other_scenes_are_refused(rig):
    for number in range(0, 200, 20):
        picture, _, _ = rig(number, scale=3.0)
        _, rates, _ = rig(number + 3, scale=3.0)
        with pytest.raises(GeometryError, match="cannot be aligned"):
            align(picture, rates)


def test_inputs_that_cannot_be_are_refused(rig):
    picture, rates, _ = rig(30, scale=4.0)
    for wrong in (picture[None], picture * 255, np.full_like(picture, np.nan), picture > 0.5):
        with pytest.raises(OptionError, match="picture"):
            align(wrong, rates)
    for wrong in (rates[0], rates - 1, rates * np.nan, np.zeros((0, 4))):
        with pytest.raises(OptionError, match="firing rates"):
            align(picture, wrong)
    with pytest.raises(OptionError, match="no frames"):
        align(picture, rates, exposure=(0, 5))
    with pytest.raises(GeometryError, match="20x30 pixels is too small"):
        align(picture, rates[:30, :20])


def test_hot_and_dead_pixels_are_mended_and_detail_is_not():
    y, x = np.mgrid[:60, :80]
    rates = (0.2 + 0.1 * np.sin(x / 3) * np.sin(y / 4)).astype(np.float32)
    faulty = rates.copy()
    faulty[10::17, 5::13] = 1
    faulty[15::17, 9::13] = 0
    assert np.abs(repair_pixels(faulty) - rates).max() < 0.05
    assert np.abs(repair_pixels(rates) - rates).max() < 0.02


PAIRS = ("00003", "00010", "00020", "00030", "00040", "00048")


def test_real_pairs_of_a_rig(data, off_by):
    """They were aligned at x2 before, to about 1.5 spike pixels; and agree better than that.

    What differs between them is a shift that grows with the row, up to 8 picture pixels, as that
    of a rolling shutter does on a rig that moves. Without it they agree to 0.2 (median).
    """
    same = Alignment.same_view((250, 400), (500, 800))
    found = []
    for name in PAIRS:
        with Image.open(data / "hybrid" / f"{name}.jpg") as image:
            picture = np.asarray(image, np.float32) / 255
        rates = np.load(data / "hybrid" / f"{name}.npy")
        alignment = align(picture, rates)
        found.append(alignment)
        assert alignment.upsampling_factor == 2
        assert alignment.error < 0.3
        assert alignment.coverage() > 0.95
        assert off_by(alignment.matrix, same.matrix, (250, 400), (500, 800)) < 8
        ours = local_contrast(np.sqrt(repair_pixels(rates)))[8:-8, 12:-12]
        correlations = []
        for each in (same, alignment):
            gray = (each.rectify(picture) @ GRAY).reshape(250, 2, 400, 2).mean(axis=(1, 3))
            theirs = local_contrast(gray)[8:-8, 12:-12]
            correlations.append(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1])
        assert correlations[1] > correlations[0] + 0.01
        assert correlations[1] > 0.8
    y, x = np.mgrid[:250:10, :400:10]
    points = np.stack([x, y], axis=-1)
    shutter = np.stack([np.ones(y.size), y.ravel()], axis=1)
    left = []
    for one, other in combinations(found, 2):
        apart = (one.to_picture(points) - other.to_picture(points)).reshape(-1, 2)
        assert np.sqrt((apart**2).sum(axis=1).mean()) < 9
        apart -= shutter @ np.linalg.lstsq(shutter, apart)[0]
        left.append(np.sqrt((apart**2).sum(axis=1).mean()))
    assert np.median(left) < 0.4
    assert max(left) < 0.8
