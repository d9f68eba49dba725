import numpy as np

from spikecam.train.datasets.charts import add_chart, plane_waves, smooth_noise, star_chart


def test_half_of_the_charts_hide_the_picture():
    rng = np.random.default_rng(0)
    noise = rng.random((120, 120), np.float32)
    left = []
    for _ in range(60):
        seen = add_chart(noise, rng)
        assert seen.dtype == np.float32
        assert 0 <= seen.min() < seen.max() <= 1
        left.append(np.corrcoef(seen.ravel(), noise.ravel())[0, 1] > 0.1)
    assert 0.2 < np.mean(left) < 0.6


class Middle:
    """Draws whatever is in the middle."""

    random = staticmethod(lambda shape: np.full(shape, 0.5))
    integers = staticmethod(lambda low, high: (low + high) // 2)
    uniform = staticmethod(lambda low, high: (low + high) / 2)


def energy(picture):
    return np.square(np.abs(np.fft.rfft2(picture)))


def test_waves_stars_and_clouds_are_regular_or_soft():
    rng = np.random.default_rng(0)
    for make in (plane_waves, star_chart, smooth_noise):
        for _ in range(5):
            seen = make((160, 160), rng)
            assert seen.dtype == np.float32
            assert 0.2 < np.abs(seen).max() < 1.5
            assert abs(seen.mean()) < 0.2
    # A few frequencies hold nearly all of a wave.
    held = np.sort(energy(plane_waves((160, 160), rng)).ravel())
    assert held[-60:].sum() > 0.9 * held.sum()
    # Clouds have next to nothing fine.
    seen = energy(smooth_noise((160, 160), rng))
    assert seen[40:120].sum() < 0.1 * seen.sum()
    # Near its middle, a star is gray.
    middle = np.hypot(*(np.indices((160, 160)) - 80)) < 3
    amplitudes = [
        np.abs(star_chart((160, 160), Middle())[part]).mean() for part in (middle, ~middle)
    ]
    assert amplitudes[0] < 0.3 * amplitudes[1]
