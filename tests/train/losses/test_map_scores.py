import numpy as np
import pytest
import torch

from spikecam.train.losses.map_scores import score_cross_entropy


def test_scores_are_right_where_errors_are_small():
    """The less a map is off, about a cell and not only in it, the higher it is to be scored."""
    errors = torch.full((1, 3, 64, 64), 0.1)
    errors[:, 0, :, :32] = errors[:, 1, :, 32:] = 0.01
    # A cell alone in which another map is better.
    errors[:, 2, :8, :8] = 0.001
    halves = torch.zeros(1, 3, 8, 8)
    halves[:, 0, :, :4] = halves[:, 1, :, 4:] = 3
    alone = halves.clone()
    alone[:, 0, 0, 0], alone[:, 2, 0, 0] = 0, 3
    flat = torch.zeros_like(halves)
    losses = [score_cross_entropy(errors, one).item() for one in (halves, alone, flat, -halves)]
    assert losses == sorted(losses)
    assert losses[0] < 0.5 * losses[2]
    # As right as can be: errors of equal maps deserve equal shares.
    assert score_cross_entropy(
        torch.ones(1, 4, 16, 16), torch.zeros(1, 4, 2, 2)
    ).item() == pytest.approx(np.log(4))
