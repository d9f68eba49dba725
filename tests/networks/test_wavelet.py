import pytest
import torch

from spikecam.networks.db8 import HIGH_PASS, LOW_PASS
from spikecam.networks.wavelet import decompose, reconstruct, reconstructed_length


def test_the_filters_are_orthonormal_at_even_shifts():
    low, high = (torch.tensor(taps, dtype=torch.float64) for taps in (LOW_PASS, HIGH_PASS))
    for shift in range(0, 16, 2):
        expected = torch.tensor(1.0 if shift == 0 else 0.0, dtype=torch.float64)
        for taps in (low, high):
            torch.testing.assert_close(
                taps[shift:] @ taps[: 16 - shift], expected, atol=1e-10, rtol=0
            )
        assert abs(low[shift:] @ high[: 16 - shift]) < 1e-10
    assert low.sum() == pytest.approx(2**0.5, abs=1e-10)
    assert abs(high @ torch.arange(16.0).double() ** 7) < 1e-2  # eight vanishing moments


@pytest.mark.parametrize("length", [5, 16, 41, 42])
def test_what_is_decomposed_comes_back(length):
    signals = torch.rand(3, 1, length, dtype=torch.float64)
    back = reconstruct(*decompose(signals, 5))
    assert back.shape[2] == reconstructed_length(length)
    torch.testing.assert_close(back[:, :, :length], signals, atol=1e-9, rtol=0)


def test_41_frames_have_the_published_numbers_of_coefficients():
    approximation, details = decompose(torch.rand(1, 1, 41), 5)
    assert approximation.shape[2] == 15
    assert [detail.shape[2] for detail in details] == [28, 21, 18, 16, 15]
