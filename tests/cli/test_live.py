"""``spikecam live`` on a pipe, without its page."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import spikecam as sc
from spikecam import sample
from spikecam.cli.live import MomentOptions
from spikecam.cli.moment_triggers import trigger_on_enter

_MAIN = "from spikecam.cli.main import main; main()"


def run_live(packed, *options):
    """The command with these bytes on its standard input."""
    command = [sys.executable, "-c", _MAIN, "live", "-", "--size", "320x180", "--no-page"]
    return subprocess.run([*command, *options], input=packed, capture_output=True, check=False)


def test_frames_of_a_pipe_are_counted_and_a_cut_one_is_reported():
    ended = run_live(sample.SPIKES.read_bytes()[:100_000])
    assert ended.returncode == 0
    assert ended.stdout.startswith(b"13 frames, ")
    assert b"the last 6,400 bytes are less than a frame of 320x180" in ended.stdout


def test_options_of_another_method_wait_until_the_page_switches_to_it():
    ended = run_live(sample.SPIKES.read_bytes()[:72_000], "--method", "tfstp", "--window", "40")
    assert ended.returncode == 0
    assert ended.stdout.startswith(b"10 frames, ")


@pytest.mark.parametrize(
    ("packed", "options", "sentence"),
    [
        (b"", (), b"the pipe ended after 0 bytes, before one frame of 320x180"),
        (b"0" * 7199, (), b"the pipe ended after 7,199 bytes, before one frame of 320x180"),
        (b"", ("--window", "1000000000"), b"the window of live TFP is 1 to 138,888 frames"),
        (
            b"",
            ("--crop", ":181,:"),
            b"rows 0:181 are not inside the recording, whose rows are 0:180",
        ),
        (b"", ("--method", "tfi"), b"live pictures are made by fusion or tfp or tfstp, not 'tfi'"),
    ],
)
def test_a_pipe_or_option_that_cannot_be_is_an_error(packed, options, sentence):
    ended = run_live(packed, *options)
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"spikecam: ")
    assert sentence in ended.stderr
    assert ended.stderr.count(b"\n") == 1


def feed_and_trigger(tmp_path, *options, trigger):
    """Send 60 frames, trigger, send 60 more, and end; what was printed, and the frames."""
    packed = np.random.default_rng(0).integers(0, 256, (120, 6), np.uint8)
    command = [sys.executable, "-c", _MAIN, "live", "-", "--size", "9x5", "--rate", "100"]
    record = ["-o", tmp_path / "moment.dat", "--record-before", ".2", "--record-after", "0.1"]
    with subprocess.Popen(
        [*command, "--no-page", *record, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as watching:
        first = watching.stderr.readline()
        watching.stdin.write(packed[:60].tobytes())
        watching.stdin.flush()
        time.sleep(0.5)
        trigger(watching)
        time.sleep(0.3)
        watching.stdin.write(packed[60:].tobytes())
        watching.stdin.close()
        rest = watching.stdout.read()
        recorded = rb"spikecam: recorded .*moment\.dat: (30|\d+ of \d+) frames(; the others .*)?\n"
        assert re.fullmatch(recorded, watching.stderr.read())
    assert watching.returncode == 0
    return first + rest, packed


def check_moment(path, packed):
    """The recording is 30 frames in a row, or fewer where the machine was late."""
    recorded = sc.open(path)
    assert recorded.rate == 100
    first = int(np.flatnonzero((packed == recorded.packed()[0]).all(axis=1))[0])
    assert first <= 40
    assert len(recorded) == min(first + 20, 20) + 10 or first == 0
    assert np.array_equal(recorded.packed(), packed[first : first + len(recorded)])


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no SIGUSR1")
def test_a_signal_records_the_seconds_around_it(tmp_path):
    printed, packed = feed_and_trigger(
        tmp_path, trigger=lambda watching: watching.send_signal(signal.SIGUSR1)
    )
    assert b"spikecam: to record 0.2 s before and 0.1 s after a moment to " in printed
    assert b"kill -USR1 " in printed
    assert b"MB of memory hold the frames" in printed
    assert b"\n120 frames, " in printed
    assert printed.endswith(f"\nrecorded {tmp_path / 'moment.dat'}\n".encode())
    check_moment(tmp_path / "moment.dat", packed)


def test_a_file_that_is_touched_records_the_seconds_around_it(tmp_path):
    file = tmp_path / "now"
    printed, packed = feed_and_trigger(
        tmp_path, "--trigger-file", file, trigger=lambda watching: file.touch()
    )
    assert f"touch {file}".encode() in printed
    check_moment(tmp_path / "moment.dat", packed)


def test_typed_lines_trigger_where_there_is_a_terminal(monkeypatch):
    typed = threading.Semaphore(0)
    terminal = type("Terminal", (io.StringIO,), {"isatty": lambda _: True})("\n\n")
    monkeypatch.setattr(sys, "stdin", terminal)
    assert trigger_on_enter(typed.release, stdin_is_feed=False)
    assert typed.acquire(timeout=5)
    assert typed.acquire(timeout=5)
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert not trigger_on_enter(typed.release, stdin_is_feed=False)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("-o", "moment.dat"), b"seconds need the camera's frames a second; give --rate"),
        (("--trigger-jump", "2"), b"a trigger records a moment; name its file with -o"),
    ],
)
def test_a_moment_that_cannot_be_recorded_is_an_error(options, sentence):
    ended = run_live(b"", *options)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert ended.stderr.count(b"\n") == 1


def test_a_terminal_is_not_read_in_the_background(monkeypatch):
    """The system stops a process that does."""
    primary, secondary = os.openpty()
    with open(secondary) as terminal:  # of no session: this process is not in its foreground
        monkeypatch.setattr(os, "tcgetpgrp", lambda descriptor: os.getpgrp() + 1)
        monkeypatch.setattr(sys, "stdin", terminal)
        assert not trigger_on_enter(lambda: None, stdin_is_feed=False)
    os.close(primary)


def test_what_triggers_is_said(tmp_path, capsys):
    moments = MomentOptions(tmp_path / "m.dat", 0.001, 0.001, trigger_jump=2)
    for has_page in (True, False):
        before = signal.getsignal(signal.SIGUSR1)
        with moments.recorder(sc.CAMERAS["m1k40"], "-", has_page=has_page):
            assert signal.getsignal(signal.SIGUSR1) != before
        assert signal.getsignal(signal.SIGUSR1) == before
        printed = capsys.readouterr().err
        assert ("button of the page" in printed) == has_page
        assert "jumps by a factor of 2" in printed
