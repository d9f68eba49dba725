import numpy as np

from spikecam.registration.rate_curve import fit_rate_curve


def test_gamma_and_white_are_found_through_noise():
    rng = np.random.default_rng(0)
    light = rng.random(50_000)
    gray = np.clip(1.5 * light, 0, 1) ** (1 / 2.2)
    grays, rates = fit_rate_curve(gray, 0.3 * light + rng.normal(0, 0.05, light.size))
    assert (np.diff(grays) > 0).all()
    assert (np.diff(rates) >= 0).all()
    below = np.linspace(0.4, 0.95, 12)
    assert np.abs(np.interp(below, grays, rates) - 0.2 * below**2.2).max() < 0.01
    # White is everything from two thirds of the light on.
    assert abs(rates[-1] - 0.25) < 0.01


def test_what_falls_is_made_level():
    gray = np.repeat(np.linspace(0, 1, 24), 10)
    grays, rates = fit_rate_curve(gray, 1 - gray)
    assert np.allclose(rates, 0.5)
    assert len(grays) == len(rates)


def test_one_gray_gives_one_rate():
    grays, rates = fit_rate_curve(np.full(9, 0.5), np.arange(9.0))
    assert np.interp(0.1, grays, rates) == 4
