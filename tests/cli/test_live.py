"""``spikecam live`` on a pipe, without its page."""

import subprocess
import sys

import pytest

from spikecam import sample

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
