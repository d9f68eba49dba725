import numpy as np
import pytest

from spikecam.views import textures

SIZE = textures.TEXTURE_SIZE
RED, WHITE = (0.8, 0.1, 0.1), (0.9, 0.9, 0.9)
MATERIALS = {
    "bricks": textures.bricks,
    "paving": textures.paving,
    "planks": textures.planks,
    "grass": textures.grass,
    "plaster": lambda rng: textures.plaster(rng, WHITE),
    "stripes": lambda rng: textures.stripes(rng, (RED, WHITE)),
}
DRAWINGS = {
    "crate": lambda rng: textures.crate_side(rng, "TEA"),
    "poster": lambda rng: textures.poster(rng, "MUSIC"),
    "sign": lambda rng: textures.sign(rng, "BAKERY", RED, WHITE),
    "front": lambda rng: textures.house_front(rng, textures.bricks(rng), 3, 1),
}


def high_share(picture):
    """Share of the variance in the highest octave, of waves shorter than 4 texels."""
    spectrum = np.abs(np.fft.fft2(picture - picture.mean((0, 1)), axes=(0, 1))) ** 2
    down, right = np.meshgrid(*(np.fft.fftfreq(n) for n in picture.shape[:2]), indexing="ij")
    return spectrum[np.hypot(down, right) > 0.25].sum() / spectrum.sum()


@pytest.mark.parametrize("name", [*MATERIALS, *DRAWINGS])
def test_textures_are_light_with_detail_that_bilinear_filters_can_follow(name):
    make = (MATERIALS | DRAWINGS)[name]
    texture = make(np.random.default_rng(0))
    assert texture.dtype == np.float32
    assert texture.shape[0] == texture.shape[1]
    assert texture.shape[0] % SIZE == 0
    assert 0 <= texture.min() < texture.max() <= 1
    assert texture.mean(2).std() > 0.02
    assert high_share(texture) < 0.05
    assert np.array_equal(texture, make(np.random.default_rng(0)))
    assert not np.array_equal(texture, make(np.random.default_rng(1)))


@pytest.mark.parametrize("name", MATERIALS)
def test_materials_go_on_at_their_other_side(name):
    texture = MATERIALS[name](np.random.default_rng(0))
    for axis in (0, 1):
        steps = np.abs(np.diff(texture, axis=axis, append=texture.take([0], axis))).mean(
            (1 - axis, 2)
        )
        assert steps[-1] <= steps.max() * 1.01


def test_noise_has_its_band_and_nothing_else():
    noise = textures.band_noise(np.random.default_rng(0), 128, 32, 8)
    spectrum = np.abs(np.fft.fft2(noise))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128)))
    outside = (frequency < 1 / 32.001) | (frequency > 1 / 7.999)
    assert spectrum[outside].max() < 1e-5 * spectrum.max()
    assert (noise.mean(), noise.std()) == pytest.approx((0, 1), abs=1e-5)


def test_a_panorama_closes_and_has_sky_above_and_hills_below():
    azimuth, elevation = np.meshgrid(np.linspace(-np.pi, np.pi, 181), np.linspace(1.5, -0.05, 60))
    view = textures.panorama(np.random.default_rng(0), azimuth, elevation)
    assert view.shape == (60, 181, 3)
    assert view[:, 0] == pytest.approx(view[:, -1], abs=1e-4)
    sky, hills = view[:20], view[-2:]
    assert (sky[..., 2] > sky[..., 0] - 0.02).all()
    assert (hills[..., 1] > hills[..., 2]).mean() > 0.9
