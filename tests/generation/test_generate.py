"""The frame that samples are drawn at by default, with a method that only says its frames."""

import numpy as np
import pytest

from spikecam.deblurring.pair import match_pair
from spikecam.encoding import SRGB, quarter_gray_light
from spikecam.exposure import average_frames
from spikecam.generation import generate as generation
from spikecam.generation.generate import generate, middle_frame
from spikecam.io.save import save
from spikecam.method import Method, Takes
from spikecam.requests import generate as requests
from spikecam.requests.generate import GenerateRequest
from spikecam.scenes.motion import moving_scene
from spikecam.sensor.integrate_and_fire import simulate

FRAME_COUNT, EXPOSURE = 120, (10, 60)


@pytest.fixture(scope="module")
def pair():
    """A picture of frames 10:60 and its spikes, which do not say so."""
    photo = np.kron(np.random.default_rng(2).random((40, 40, 3)), np.ones((8, 8, 1)))
    settings = {"frames": FRAME_COUNT, "exposure": EXPOSURE, "speed": 24, "seed": 4}
    frames = list(moving_scene(photo, size=(160, 160), **settings))
    stream = simulate([quarter_gray_light(frame, SRGB) for frame in frames], "ideal", threshold=2.0)
    return average_frames(frames[slice(*EXPOSURE)], encoding=SRGB), stream


@pytest.fixture
def frames_method(monkeypatch):
    """A method whose results are the indices of their frames."""

    def run(picture, stream, frames, exposure, options):
        return iter(frames)

    method = Method("frames", "indices", Takes.SPIKES_OR_PICTURE, run)
    for module in (generation, requests):
        monkeypatch.setattr(module, "find_method", lambda name, takes: method)


def test_the_default_is_the_middle_of_an_estimated_exposure(pair, frames_method, tmp_path):
    picture, stream = pair
    middle = middle_frame(stream, match_pair(picture, stream).exposure)
    assert middle == pytest.approx(sum(EXPOSURE) / 2, abs=2)
    assert generate(picture, stream) == middle
    save(tmp_path / "blur.png", picture)
    assert list(GenerateRequest(tmp_path / "blur.png", stream).check().frames) == [middle]
    assert generate(picture, stream, exposure=(20, 60)) == 40
    assert generate(picture, stream, at=3) == 3


def test_the_default_of_spikes_alone_is_the_middle_of_the_recording(pair, frames_method):
    assert generate(spikes=pair[1]) == FRAME_COUNT // 2
