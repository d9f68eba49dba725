import numpy as np

from spikecam.generation.generated import Generated


def test_the_mean_and_spread_are_those_of_the_samples():
    samples = np.random.default_rng(0).random((5, 4, 6, 3), np.float32)
    generated = Generated.from_samples(samples)
    assert np.allclose(generated.mean, samples.mean(0))
    assert np.allclose(generated.spread, samples.std(0).mean(2))


def test_it_is_described_without_its_pictures():
    assert repr(Generated.from_samples(np.zeros((5, 4, 6, 3), np.float32))) == (
        "Generated(samples=5, 4x6, colour)"
    )
    assert repr(Generated.from_samples(np.zeros((1, 4, 6), np.float32))) == (
        "Generated(samples=1, 4x6, gray)"
    )
