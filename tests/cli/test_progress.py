import os
import pty
import select
import subprocess
import sys

import spikecam as sc
from spikecam.cli import progress
from spikecam.cli.progress import showing_job_progress


def test_a_terminal_shows_how_far_it_is_and_what_was_written(tmp_path, spikes):
    sc.save(tmp_path / "a.dat", sc.SpikeStream.from_array(spikes(300, 100, 100)))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from spikecam.cli.main import main; main()", "reconstruct"]
    for out in ("a.mp4", "a.png"):
        process = subprocess.Popen(
            [*command, str(tmp_path / "a.dat"), "-o", str(tmp_path / out), "--method", "tfp"],
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "200"},
        )
        process.wait(timeout=60)
        shown = b""
        while select.select([ours], [], [], 0)[0]:
            shown += os.read(ours, 1 << 20)
        shown = shown.decode()
        assert process.returncode == 0, shown
        assert "TFP" in shown
        assert f"{out}: " in shown
    os.close(theirs)
    os.close(ours)


def test_jobs_are_counted_with_their_throughput(monkeypatch):
    bars = []
    make = progress._progress_bar

    def shown(*columns):
        bars.append(make(*columns))
        return bars[0]

    monkeypatch.setattr(progress, "_progress_bar", shown)
    with showing_job_progress("tfi", 10) as advance:
        for is_skipped, has_failed in ((True, False), (False, True), (False, False)):
            advance(is_skipped, has_failed)
        (task,) = bars[0].tasks
        # What is skipped is neither work nor left to do.
        assert (task.completed, task.total, task.fields["failed"]) == (2, 9, "1 failed")
        assert task.fields["rate"].endswith(" a second")
