import numpy as np
import pytest

from spikecam.bench.sequences import score
from spikecam.deblurring.sdm import sdm
from spikecam.stream import SpikeStream


def upsample(rates, ratio):
    return np.kron(rates, np.ones((ratio, ratio))).astype(np.float32)


def test_it_is_exact_on_noiseless_intensities():
    """Light that changes once: the ratio of the two halves is recovered on the spike grid."""
    first, second = np.full((6, 8), 0.25), np.full((6, 8), 0.5)
    total = np.concatenate([np.cumsum([r] * 100, axis=0) for r in (first, second)])
    total[100:] += total[99]
    stream = SpikeStream.from_array(np.diff(np.floor(total), axis=0, prepend=0))
    blur = upsample((first + second) / 2, 4)
    at_40, at_160 = sdm(blur, stream, [40, 160], (0, 200), window=21, prior=0)
    assert np.allclose(at_40, 0.25, atol=1e-3)
    assert np.allclose(at_160, 0.5, atol=1e-3)


def test_a_static_scene_stays_the_blurry_picture(steady):
    rates = np.linspace(0.1, 0.9, 48).reshape(6, 8)
    blur = np.random.default_rng(0).random((24, 32, 3)).astype(np.float32)
    (sharp,) = sdm(blur, steady(rates, 137), [68], (20, 117))
    assert np.abs(sharp - blur).max() < 0.06


def test_darkness_is_no_black_hole(steady):
    """Where the camera saw nothing, the picture keeps what it has."""
    rates = np.full((6, 8), 0.5)
    rates[2:4, 2:6] = 0
    blur = np.full((24, 32, 3), 0.4, np.float32)
    (sharp,) = sdm(blur, steady(rates, 137), [68], (20, 117))
    assert np.allclose(sharp[8:16, 8:24], 0.4, atol=0.03)


def test_pictures_stay_within_white():
    spikes = np.zeros((100, 4, 4))
    spikes[:20] = 1
    blur = np.full((8, 8), 0.9, np.float32)
    (sharp,) = sdm(blur, SpikeStream.from_array(spikes), [10], (0, 100), window=5)
    assert (sharp == 1).all()


def test_a_spike_without_light_is_no_spark(steady):
    frames = np.asarray(steady(np.full((8, 8), 0.1), 137))
    frames[68, 3, 4] ^= 1
    frames[60, 3, 4] = frames[72, 3, 4] = 1
    blur = np.full((32, 32), 0.3, np.float32)
    (sharp,) = sdm(blur, SpikeStream.from_array(frames), [68], (20, 117))
    assert sharp.max() < 0.45


def test_a_moving_edge_is_kept(steady):
    """Sparks are lone: a bright corner of 2x2 pixels is a thing of the scene."""
    before, during = np.full((8, 8), 0.1), np.full((8, 8), 0.1)
    during[3:5, 3:5] = 0.6
    parts = [np.asarray(steady(light, 46, seed)) for seed, light in enumerate((before, during))]
    frames = np.concatenate([parts[0], parts[1], parts[0][:45]])
    blur = np.full((32, 32), 0.3, np.float32)
    (sharp,) = sdm(blur, SpikeStream.from_array(frames), [68], (20, 117))
    assert sharp[14:18, 14:18].min() > 0.5


@pytest.mark.parametrize(("threshold", "recorded"), [(1, 28.01), (2, 27.34), (4, 25.82)])
def test_sequences_with_ground_truth_keep_their_quality(data, threshold, recorded):
    scores = score(data / "val_sequences", threshold)
    assert len(scores) == 42
    assert np.mean(scores) == pytest.approx(recorded, abs=0.05)
