import pytest

from spikecam.app.time_controls import next_frame


@pytest.mark.parametrize(
    ("frame_index", "step", "following"),
    [(10, 1, 11), (20, 1, 10), (19, 3, 10), (10, -1, 20), (15, -5, 10), (50, 1, 10), (3, -2, 20)],
)
def test_play_goes_round_between_in_and_out(frame_index, step, following):
    assert next_frame(frame_index, step, range(10, 21)) == following
