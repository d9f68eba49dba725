import numpy as np
import pytest

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.normalised_picture import NormalisedPicture, normalise_picture
from spikecam.encoding import LINEAR, SRGB, gamma_encoding

ENCODINGS = [LINEAR, SRGB, gamma_encoding(1.8)]


def smooth_light(top, size=(24, 32)):
    """Light of a gradient in three colours, from 0 to ``top``."""
    gray = np.linspace(0, top, size[0] * size[1], dtype=np.float32).reshape(size)
    return np.stack([gray, 0.8 * gray, 0.5 * gray], axis=2).astype(np.float32)


def seen_rate(light, white_rate=0.5):
    """Firing rate of a spike camera a quarter as fine."""
    gray = BlurryPicture(light, LINEAR).gray_light((light.shape[0] // 4, light.shape[1] // 4))
    return gray * np.float32(white_rate)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@pytest.mark.parametrize("gain", [0.3, 1.0, 12.0])
def test_restoring_inverts_normalising(encoding, gain):
    picture = NormalisedPicture(np.zeros((1, 1), np.float32), gain, encoding)
    light = smooth_light(0.99 / gain)
    values = picture.normalise(light)
    assert values.max() <= 1
    restored = encoding.decode(picture.restore(values))
    assert np.allclose(restored, light, rtol=2e-3, atol=1e-5 / gain)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@pytest.mark.parametrize("top", [0.02, 0.3, 0.8])
def test_a_dark_picture_is_brought_to_white_and_a_bright_one_left(encoding, top):
    light = smooth_light(top)
    blur = BlurryPicture(encoding.encode(light), encoding)
    picture = normalise_picture(blur, seen_rate(light), 0.5)
    brightest = float(encoding.decode(picture.values).max())
    if top == 0.8:
        assert picture.gain == 1
        assert np.array_equal(picture.values, blur.values)
        assert np.array_equal(picture.restore(picture.values), blur.values)
    else:
        # The brightest part, not the brightest pixel, has nine tenths of white.
        assert 0.9 < brightest < 1
        assert picture.gain == pytest.approx(0.9 / top, rel=0.08)
        assert np.allclose(picture.restore(picture.values), blur.values, atol=1e-3)
        # The truth of a sample is brought to the same scale.
        assert np.allclose(picture.normalise(light), picture.values, atol=1e-3)


def test_clipped_whites_are_filled_and_made_to_fit():
    light = smooth_light(4)
    blur = BlurryPicture(SRGB.encode(np.minimum(light, 1)), SRGB)
    picture = normalise_picture(blur, seen_rate(light), 0.5)
    assert picture.gain < 0.5
    assert picture.values.max() <= 1
    restored = SRGB.decode(picture.restore(picture.values))
    # Where nothing was clipped it is the same, elsewhere brighter than white.
    dark = light.max(axis=2) < 0.9
    assert np.allclose(restored[dark], light[dark], atol=2e-3)
    assert restored[..., 0].max() > 2.5


def test_no_gain_is_beyond_what_levels_can_tell():
    black = BlurryPicture(np.zeros((16, 16, 3), np.float32), SRGB)
    picture = normalise_picture(black, np.full((4, 4), 0.1, np.float32), 0.5)
    assert picture.gain == 500
    assert (picture.restore(picture.values) == 0).all()
