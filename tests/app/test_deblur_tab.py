"""What the page says while a sequence is made."""

from types import SimpleNamespace

from spikecam.app.deblur_tab import describe_run


def test_a_run_says_frames_steps_and_the_time_that_is_left():
    sequence = SimpleNamespace(finished_count=0, frames=[1, 2], steps=(0, 0), finished_share=0)
    assert describe_run(sequence, 9.4) == "the first of 2 frames, since 9 s"
    sequence.steps, sequence.finished_share = (20, 80), 1 / 8
    assert describe_run(sequence, 10) == "the first of 2 frames, step 20 of 80, about 70 s left"
    sequence.finished_count, sequence.finished_share = 1, 5 / 8
    assert describe_run(sequence, 10) == "1 of 2 frames, step 20 of 80, about 6 s left"
    sequence.steps, sequence.finished_share = (0, 0), 1 / 2
    assert describe_run(sequence, 10) == "1 of 2 frames, about 10 s left"
