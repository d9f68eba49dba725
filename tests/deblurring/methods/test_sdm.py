import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikecam as sc
from spikecam.bench.gopro import scores_at_threshold
from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.methods.sdm import SdmOptions, sdm
from spikecam.encoding import LINEAR, SRGB
from spikecam.stream import SpikeStream


@settings(max_examples=81)
@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([1, 9, 21]),
    st.sampled_from([LINEAR, SRGB]),
)
def test_it_is_exact_on_noiseless_intensities(first, second, window, encoding):
    """Light that changes once, from a spike every so many frames to another: both come back."""
    periods = [first] * 24 + [second] * 24
    fired = np.concatenate([np.arange(period) == period - 1 for period in periods])
    stream = SpikeStream.from_array(np.broadcast_to(fired[:, None, None], (len(fired), 3, 4)))
    light = np.full((12, 16), 48 / len(fired), np.float32)
    blur = BlurryPicture(encoding.encode(light), encoding)
    middles = [12 * first, 24 * first + 12 * second]
    before, after = sdm(blur, stream, middles, (0, len(fired)), SdmOptions(window, prior=0))
    assert np.allclose(encoding.decode(before), 1 / first, rtol=1e-4)
    assert np.allclose(encoding.decode(after), 1 / second, rtol=1e-4)


def test_a_static_scene_stays_the_blurry_picture(steady):
    rates = np.linspace(0.1, 0.9, 48).reshape(6, 8)
    blur = np.random.default_rng(0).random((24, 32, 3)).astype(np.float32) * np.float32(0.95)
    (sharp,) = sdm(BlurryPicture(blur), steady(rates, 137), [68], (20, 117), SdmOptions())
    assert np.abs(sharp - blur).max() < 0.06


def test_darkness_is_no_black_hole(steady):
    """Where the camera saw nothing, the picture keeps what it has."""
    rates = np.full((6, 8), 0.5)
    rates[2:4, 2:6] = 0
    blur = np.full((24, 32, 3), 0.4, np.float32)
    (sharp,) = sdm(BlurryPicture(blur), steady(rates, 137), [68], (20, 117), SdmOptions())
    assert np.allclose(sharp[8:16, 8:24], 0.4, atol=0.03)


@pytest.mark.parametrize("encoding", [LINEAR, SRGB], ids=str)
def test_light_above_white_is_kept_and_clipped_in_pictures(encoding):
    spikes = np.zeros((100, 4, 4))
    spikes[:20] = 1
    blur = np.full((8, 8), 0.9, np.float32)
    stream = SpikeStream.from_array(spikes)
    (sharp,) = sdm(BlurryPicture(blur, encoding), stream, [10], (0, 100), SdmOptions(window=5))
    light = encoding.decode(0.9) * (5 + 0.2) / (1 + 0.2)
    # Half of the interval after the last spike counts as well.
    assert np.allclose(encoding.decode(sharp), light, rtol=0.05)
    options = {"at": 10, "method": "sdm", "window": 5, "encoding": encoding}
    assert (sc.deblur(blur, stream, **options) == 1).all()
    assert np.allclose(sc.deblur(blur, stream, **options, hdr=True), light, rtol=0.05)


def test_clipped_whites_get_the_light_that_the_spikes_saw(steady):
    """Light of up to three times white behind the whites of the photograph."""
    light = np.linspace(0.1, 3, 48).reshape(6, 8).astype(np.float32)
    blur = np.kron(np.minimum(light, 1), np.ones((4, 4), np.float32))
    (sharp,) = sdm(BlurryPicture(blur), steady(light / 4, 137), [68], (20, 117), SdmOptions())
    middles = sharp[2::4, 2::4]
    assert np.abs(middles / light - 1).max() < 0.15


def test_a_spike_without_light_is_no_spark(steady):
    frames = np.asarray(steady(np.full((8, 8), 0.1), 137))
    frames[68, 3, 4] ^= 1
    frames[60, 3, 4] = frames[72, 3, 4] = 1
    blur = np.full((32, 32), 0.3, np.float32)
    (sharp,) = sdm(
        BlurryPicture(blur), SpikeStream.from_array(frames), [68], (20, 117), SdmOptions()
    )
    assert sharp.max() < 0.45


def test_a_moving_edge_is_kept(steady):
    """Sparks are lone: a bright corner of 2x2 pixels is a thing of the scene."""
    before, during = np.full((8, 8), 0.1), np.full((8, 8), 0.1)
    during[3:5, 3:5] = 0.6
    parts = [np.asarray(steady(light, 46, seed)) for seed, light in enumerate((before, during))]
    frames = np.concatenate([parts[0], parts[1], parts[0][:45]])
    blur = np.full((32, 32), 0.3, np.float32)
    (sharp,) = sdm(
        BlurryPicture(blur), SpikeStream.from_array(frames), [68], (20, 117), SdmOptions()
    )
    assert sharp[14:18, 14:18].min() > 0.5


@pytest.mark.parametrize(("threshold", "recorded"), [(1, 28.01), (2, 27.34), (4, 25.82)])
def test_sequences_with_ground_truth_keep_their_quality(data, threshold, recorded):
    scores = scores_at_threshold(data / "val_sequences", threshold, ["sdm"], metrics=["psnr"])[
        "sdm"
    ]
    assert len(scores.frames) == 42
    assert scores.mean("psnr") == pytest.approx(recorded, abs=0.05)
