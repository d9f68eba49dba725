import numpy as np

import spikecam as sc
from spikecam.generation.progress import listening_to_steps


def test_steps_within_a_picture_are_counted(steady, spikegen):
    """Every sample, every step of DDIM and every part is a step, and the last one is the end."""
    stream = steady(np.full((30, 40), 0.4), 40)
    for samples, steps in ((1, 1), (3, 4)):
        counts: list[tuple[int, int]] = []
        with listening_to_steps(lambda *count, counts=counts: counts.append(count)):
            sc.generate(
                None,
                stream,
                **spikegen,
                samples=samples,
                steps=steps,
            )
        done, totals = zip(*counts, strict=True)
        assert set(totals) == {totals[0]}
        assert list(done) == list(range(1, totals[0] + 1))
        assert totals[0] > samples * (steps if steps > 1 else 0)
