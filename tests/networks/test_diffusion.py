import math

import pytest
import torch

from spikecam.networks.diffusion import (
    TIME_STEPS,
    alpha_sigma,
    iter_ddim_predictions,
    q_sample_and_velocity,
)


def test_the_schedule_is_the_cosine_of_its_paper():
    times = torch.tensor([0, 250, 500, TIME_STEPS])
    kept, added = alpha_sigma(times)
    angle = [(t / TIME_STEPS + 0.008) / 1.008 * math.pi / 2 for t in times.tolist()]
    expected = [math.cos(a) / math.cos(angle[0]) for a in angle]
    assert kept.tolist() == pytest.approx(expected, abs=1e-6)
    assert kept[0] == 1
    assert added[-1] == 1
    torch.testing.assert_close(kept.square() + added.square(), torch.ones(4))


def test_noised_samples_have_the_moments_that_the_schedule_states():
    lots = torch.Generator().manual_seed(0)
    clean = torch.full((200_000, 1), 1.5)
    noise = torch.randn(clean.shape, generator=lots)
    for time in (100, 600, 950):
        kept, added = alpha_sigma(torch.tensor(time))
        noisy, _ = q_sample_and_velocity(clean, noise, torch.full((len(clean),), time))
        assert float(noisy.mean()) == pytest.approx(1.5 * float(kept), abs=0.01)
        assert float(noisy.std()) == pytest.approx(float(added), rel=0.01)


def test_clean_and_noise_are_told_by_the_velocity():
    lots = torch.Generator().manual_seed(1)
    clean, noise = torch.randn(2, 50, 3, generator=lots)
    times = torch.randint(0, TIME_STEPS + 1, (50,), generator=lots)
    kept, added = (level[:, None] for level in alpha_sigma(times))
    noisy, velocity = q_sample_and_velocity(clean, noise, times)
    torch.testing.assert_close(kept * noisy - added * velocity, clean, atol=1e-5, rtol=0)
    torch.testing.assert_close(added * noisy + kept * velocity, noise, atol=1e-5, rtol=0)


@pytest.mark.parametrize("steps", [1, 2, 7, 100])
def test_ddim_with_an_oracle_gives_the_clean_latents(steps):
    lots = torch.Generator().manual_seed(2)
    clean, noise = torch.randn(2, 40, 4, generator=lots)

    def oracle(noisy, times):
        kept, added = (level[:, None] for level in alpha_sigma(times))
        # The noise that the clean latents imply; at time 0 there is none, and none is asked for.
        implied = (noisy - kept * clean) / added
        return kept * implied - added * clean

    *_, found = iter_ddim_predictions(oracle, noise, steps)
    torch.testing.assert_close(found, clean, atol=1e-4, rtol=0)


def test_one_step_sees_nothing_but_noise():
    asked = []

    def nothing(noisy, times):
        asked.append((noisy, times))
        return torch.zeros_like(noisy)

    noise = torch.ones(3, 2)
    list(iter_ddim_predictions(nothing, noise, 1))
    [(noisy, times)] = asked
    assert torch.equal(noisy, noise)
    assert times.tolist() == [TIME_STEPS] * 3
