import numpy as np
import pytest

from spikecam.deblurring.blurry_picture import MAX_LIGHT, BlurryPicture
from spikecam.encoding import LINEAR, SRGB


@pytest.mark.parametrize("encoding", [LINEAR, SRGB], ids=str)
@pytest.mark.parametrize("colours", [False, True])
def test_clipped_light_is_filled_from_the_spikes(encoding, colours):
    y, x = np.mgrid[:40, :48] / 40
    light = (0.1 + 2 * np.exp(-((x - 0.6) ** 2 + (y - 0.5) ** 2) / 0.08)).astype(np.float32)
    fine = np.kron(light, np.ones((4, 4), np.float32))
    values = encoding.encode(np.minimum(fine, 1))
    picture = BlurryPicture(
        np.repeat(values[..., None], 3, axis=2) if colours else values, encoding
    )
    rate = light * np.float32(0.3)
    assert picture.white_rate(rate) == pytest.approx(0.3, rel=0.02)
    filled = picture.fill_clipped(rate, 0.3).light
    bright = light > 1.2
    seen = filled[1::4, 1::4, 0] if colours else filled[1::4, 1::4]
    assert seen[bright] == pytest.approx(light[bright], rel=0.08)
    dark = light < 0.7
    assert seen[dark] == pytest.approx(light[dark], abs=2e-4)


def test_what_is_not_clipped_is_left_alone():
    values = np.full((8, 8), 0.5, np.float32)
    picture = BlurryPicture(values)
    assert picture.fill_clipped(np.ones((2, 2), np.float32), 0.1) is picture
    hdr = BlurryPicture(np.full((8, 8), 2, np.float32))
    assert hdr.fill_clipped(np.ones((2, 2), np.float32), 0.1) is hdr


def test_light_is_filled_up_to_a_limit():
    picture = BlurryPicture(np.ones((8, 8), np.float32))
    filled = picture.fill_clipped(np.ones((2, 2), np.float32), 1e-3)
    assert filled.light == pytest.approx(np.full((8, 8), MAX_LIGHT))


def test_white_or_black_pictures_have_a_white_rate():
    rate = np.full((4, 4), 0.4, np.float32)
    for level in (0, 1):
        picture = BlurryPicture(np.full((16, 16), level, np.float32))
        assert picture.white_rate(rate) == pytest.approx(0.4)
    assert picture.white_rate(rate * 0) > 0


def test_gray_light_is_the_mean_of_what_a_pixel_covers():
    values = np.random.default_rng(0).random((8, 12, 3), np.float32)
    gray = BlurryPicture(values, SRGB).gray_light((2, 3))
    expected = SRGB.gray_light(SRGB.decode(values)).reshape(2, 4, 3, 4).mean(axis=(1, 3))
    assert gray == pytest.approx(expected, abs=1e-5)
