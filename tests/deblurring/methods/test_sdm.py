import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecam.bench.gopro import scores_at_threshold
from spikecam.deblurring.methods.sdm import SdmOptions, sdm
from spikecam.stream import SpikeStream


@settings(max_examples=81)
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 9, 21]))
def test_it_is_exact_on_noiseless_intensities(first, second, window):
    """Light that changes once, from a spike every so many frames to another: both come back."""
    periods = [first] * 24 + [second] * 24
    fired = np.concatenate([np.arange(period) == period - 1 for period in periods])
    stream = SpikeStream.from_array(np.broadcast_to(fired[:, None, None], (len(fired), 3, 4)))
    blur = np.full((12, 16), 48 / len(fired), np.float32)
    middles = [12 * first, 24 * first + 12 * second]
    before, after = sdm(blur, stream, middles, (0, len(fired)), SdmOptions(window, prior=0))
    assert np.allclose(before, 1 / first, rtol=1e-4)
    assert np.allclose(after, 1 / second, rtol=1e-4)


def test_a_static_scene_stays_the_blurry_picture(steady):
    rates = np.linspace(0.1, 0.9, 48).reshape(6, 8)
    blur = np.random.default_rng(0).random((24, 32, 3)).astype(np.float32)
    (sharp,) = sdm(blur, steady(rates, 137), [68], (20, 117), SdmOptions())
    assert np.abs(sharp - blur).max() < 0.06


def test_darkness_is_no_black_hole(steady):
    """Where the camera saw nothing, the picture keeps what it has."""
    rates = np.full((6, 8), 0.5)
    rates[2:4, 2:6] = 0
    blur = np.full((24, 32, 3), 0.4, np.float32)
    (sharp,) = sdm(blur, steady(rates, 137), [68], (20, 117), SdmOptions())
    assert np.allclose(sharp[8:16, 8:24], 0.4, atol=0.03)


def test_pictures_stay_within_white():
    spikes = np.zeros((100, 4, 4))
    spikes[:20] = 1
    blur = np.full((8, 8), 0.9, np.float32)
    (sharp,) = sdm(blur, SpikeStream.from_array(spikes), [10], (0, 100), SdmOptions(window=5))
    assert (sharp == 1).all()


def test_a_spike_without_light_is_no_spark(steady):
    frames = np.asarray(steady(np.full((8, 8), 0.1), 137))
    frames[68, 3, 4] ^= 1
    frames[60, 3, 4] = frames[72, 3, 4] = 1
    blur = np.full((32, 32), 0.3, np.float32)
    (sharp,) = sdm(blur, SpikeStream.from_array(frames), [68], (20, 117), SdmOptions())
    assert sharp.max() < 0.45


def test_a_moving_edge_is_kept(steady):
    """Sparks are lone: a bright corner of 2x2 pixels is a thing of the scene."""
    before, during = np.full((8, 8), 0.1), np.full((8, 8), 0.1)
    during[3:5, 3:5] = 0.6
    parts = [np.asarray(steady(light, 46, seed)) for seed, light in enumerate((before, during))]
    frames = np.concatenate([parts[0], parts[1], parts[0][:45]])
    blur = np.full((32, 32), 0.3, np.float32)
    (sharp,) = sdm(blur, SpikeStream.from_array(frames), [68], (20, 117), SdmOptions())
    assert sharp[14:18, 14:18].min() > 0.5


@pytest.mark.parametrize(("threshold", "recorded"), [(1, 28.01), (2, 27.34), (4, 25.82)])
def test_sequences_with_ground_truth_keep_their_quality(data, threshold, recorded):
    scores = scores_at_threshold(data / "val_sequences", threshold, ["sdm"], metrics=["psnr"])[
        "sdm"
    ]
    assert len(scores.frames) == 42
    assert scores.mean("psnr") == pytest.approx(recorded, abs=0.05)
