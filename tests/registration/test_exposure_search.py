import numpy as np
import pytest
from PIL import Image

from spikecam.errors import GeometryError, OptionError, RangeError
from spikecam.registration.alignment import Alignment
from spikecam.registration.exposure_search import align_in_time, find_exposure
from spikecam.stream import SpikeStream

GRAY = np.array([0.30, 0.59, 0.11], np.float32)
SIZE, FACTOR, LENGTH = (80, 112), 4, 97
SAME = Alignment.same_view(SIZE, (320, 448))


@pytest.fixture(scope="module")
def photos(data):
    paths = sorted((data / "train_photos").glob("*.jpg"))[20:40:2]
    return [
        np.asarray(Image.open(path).convert("RGB").resize((560, 560)), np.float32) / 255
        for path in paths
    ]


@pytest.fixture
def recorded(photos):
    """A blurry picture, the spikes of the same scene, and the frame at which it began."""

    def make(number, *, moves, start, frames=300, rate=0.2):
        rng = np.random.default_rng(number)
        ground, thing = photos[number], photos[number - 1][:120, :120]
        held, spikes = rng.random(SIZE), np.empty((frames, *SIZE), np.uint8)
        blur = np.zeros((320, 448, 3))
        for t in range(frames):
            slip = int(0.35 * t) if moves == "camera" else 0
            frame = ground[100 : 100 + 320, slip : slip + 448].copy()
            if moves == "thing":
                x = int(20 + 0.7 * t)
                frame[90:210, x : x + 120] = thing
            light = (frame @ GRAY) ** 2.2
            held += light.reshape(SIZE[0], FACTOR, SIZE[1], FACTOR).mean(axis=(1, 3)) * rate / 0.3
            spikes[t] = held > 1
            held -= spikes[t]
            if start <= t < start + LENGTH:
                blur += frame**2.2 / LENGTH
        return np.clip(blur, 0, 1) ** (1 / 2.2), SpikeStream.from_array(spikes)

    return make


@pytest.mark.parametrize("moves", ["camera", "thing"])
@pytest.mark.parametrize(("number", "start", "rate"), [(2, 0, 0.2), (4, 71, 0.05), (7, 203, 0.2)])
def test_the_exposure_is_found_to_a_few_frames(recorded, moves, number, start, rate):
    picture, stream = recorded(number, moves=moves, start=start, rate=rate)
    found = find_exposure(picture, stream, LENGTH, alignment=SAME)
    assert found[1] - found[0] == LENGTH
    assert abs(found[0] - start) <= 5


def test_few_candidates_are_all_tried(recorded):
    picture, stream = recorded(4, moves="thing", start=105)
    cut = stream[100:210]
    assert abs(find_exposure(picture, cut, LENGTH, alignment=SAME)[0] - 5) <= 4
    assert find_exposure(picture, stream[105:202], LENGTH, alignment=SAME) == (0, LENGTH)


def test_the_alignment_counts(recorded):
    picture, stream = recorded(4, moves="thing", start=71)
    other = np.roll(picture, (24, 20), axis=(0, 1))
    shifted = Alignment(((4, 0, 21.5), (0, 4, 25.5), (0, 0, 1)), SIZE, (320, 448))
    assert abs(find_exposure(other, stream, LENGTH, alignment=shifted)[0] - 71) <= 5


def test_place_and_time_are_found_together(recorded, off_by):
    picture, stream = recorded(4, moves="thing", start=71)
    found = align_in_time(picture, stream, LENGTH)
    assert found.exposure is not None
    assert abs(found.exposure[0] - 71) <= 5
    assert off_by(found.matrix, SAME.matrix, SIZE, (320, 448)) < 0.3 * FACTOR
    assert find_exposure(picture, stream, LENGTH) == found.exposure


def test_a_scene_at_rest_is_refused(recorded):
    for number in (2, 4, 7):
        for rate in (0.2, 0.03):
            picture, stream = recorded(number, moves="nothing", start=71, rate=rate)
            with pytest.raises(RangeError, match="nothing moves"):
                find_exposure(picture, stream, LENGTH, alignment=SAME)


def test_requests_that_cannot_be_are_refused(recorded):
    picture, stream = recorded(4, moves="thing", start=71)
    with pytest.raises(RangeError, match="301 frames is longer than the recording of 300"):
        find_exposure(picture, stream, 301, alignment=SAME)
    for wrong in (0, 9.5):
        with pytest.raises(OptionError, match="whole number of frames"):
            find_exposure(picture, stream, wrong, alignment=SAME)
    with pytest.raises(GeometryError, match="for spikes of 56x40"):
        find_exposure(picture, stream, LENGTH, alignment=Alignment.same_view((40, 56), (320, 448)))
    with pytest.raises(GeometryError, match="covers 0%"):
        away = Alignment(((4, 0, 5000), (0, 4, 0), (0, 0, 1)), SIZE, (320, 448))
        find_exposure(picture, stream, LENGTH, alignment=away)
    with pytest.raises(GeometryError, match="where the camera moved"):
        align_in_time(np.full((320, 448), 0.5), stream, LENGTH)


def test_an_exposure_outside_the_recording_is_refused(recorded):
    picture, stream = recorded(2, moves="thing", start=10, frames=420)
    assert abs(find_exposure(picture, stream, LENGTH, alignment=SAME)[0] - 10) <= 5
    with pytest.raises(RangeError, match="does not move so in the picture"):
        find_exposure(picture, stream[160:], LENGTH, alignment=SAME)
    other, _ = recorded(4, moves="thing", start=10)
    with pytest.raises(RangeError):
        find_exposure(other, stream, LENGTH, alignment=SAME)
