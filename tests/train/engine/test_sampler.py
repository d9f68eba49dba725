import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spikecam.train.engine.sampler import NonRepeatingSampler


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3))
def test_devices_together_see_in_every_step_what_one_would(world, batch, steps, epoch):
    total = steps * batch * world
    seen = []
    for rank in range(world):
        turn = NonRepeatingSampler(total, rank, world)
        turn.set_epoch(epoch)
        assert len(list(turn)) == len(turn) == steps * batch
        seen.append(np.reshape(list(turn), (steps, batch)))
    alone = np.arange(epoch * total, (epoch + 1) * total).reshape(steps, -1)
    assert np.array_equal(np.sort(np.concatenate(seen, axis=1)), alone)
