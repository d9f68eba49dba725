import io
import re
import time

import numpy as np

import spikecam as sc
from spikecam.bench.live import measure_shared_memory, run_live_command, send_frames


def test_a_camera_sends_at_its_rate(spikes):
    stream = sc.SpikeStream.from_array(spikes(150, 8, 8))
    out, began = io.BytesIO(), time.monotonic()
    send_frames(stream, out, 2000, 0.5)
    assert time.monotonic() - began < 2
    sent = np.frombuffer(out.getvalue(), np.uint8).reshape(-1, 8)
    assert 800 <= len(sent) <= 1200
    assert np.array_equal(sent[150:300], stream.packed())


def test_what_is_reached_is_said(monkeypatch):
    # By this name NiceGUI takes itself to be under test, and does not serve.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    said = run_live_command("tfstp", 5000, 2.0)
    numbers = r"([\d,]+) frames, .* a second; (\d+) pictures, .* a second; (\d+) sent, "
    frames, made, sent = (
        int(number.replace(",", "")) for number in re.match(numbers, said).groups()
    )
    assert 1000 < frames <= 10_500
    # Somebody watches from the first picture on.
    assert 0.1 * made <= sent <= made <= 170


def test_a_camera_that_writes_to_shared_memory_is_read():
    row = measure_shared_memory((8, 16), 2000, 0.5, 21)
    assert row["frames read"] + row["frames lost"] == row["frames sent"]
    assert 500 <= row["frames sent"] <= 1000
    assert row["frames read"] > 0
    assert row["size"] == "16x8"
    # The reader waits for most of the time.
    assert row["frames a core second"] > row["frames read"] / 10
    assert "frames recorded" not in row


def test_a_moment_of_such_a_camera_is_recorded():
    row = measure_shared_memory((8, 16), 2000, 0.8, 21, 0.1)
    # On a busy machine the trigger is late, or frames are overwritten.
    assert 0 < row["frames recorded"] <= 600 - row["frames of the moment missing"]
