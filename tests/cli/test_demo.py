import shutil
import subprocess
import sys

import numpy as np

import spikecam as sc
from spikecam import sample

# The command line, interrupted where it deblurs.
INTERRUPTED = """
import os, signal, spikecam
from spikecam.cli.main import main

spikecam.deblur_frames = lambda *a, **b: os.kill(os.getpid(), signal.SIGINT)
main()
"""


def test_the_main_job_leaves_its_pictures(after_the_demo):
    made, output = after_the_demo / "demo", (after_the_demo / "demo.txt").read_text()
    assert sc.read_picture(made / "blur.png").shape == (720, 1280, 3)
    assert (made / "spikes.dat").exists()
    assert len(list((made / "sharp").iterdir())) == 7
    assert sum(1 for _ in sc.video_frames(made / "sharp.mp4")) == 97
    assert sc.read_picture(made / "before-after.png").shape[1] == 1600
    for name in ("blur.png", "sharp", "sharp.mp4", "before-after.png"):
        assert f"demo/{name}" in output
    blur = sc.read_picture(made / "blur.png")
    sharp = sc.read_picture(made / "sharp" / "068.png")
    # The lettering on the bus: contrast comes back. The card that stands still: nothing is lost.
    bus, card = (slice(460, 540), slice(100, 710)), (slice(80, 260), slice(130, 440))
    assert sharp[bus].std() > 1.3 * blur[bus].std()
    assert abs(sharp[card].mean() - blur[card].mean()) < 0.01


def test_what_is_there_already_is_not_replaced(spikecam, tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "blur.png").write_text("my notes")
    ended = spikecam("demo", "-o", tmp_path / "demo")
    assert ended.code == 2
    assert "it holds blur.png, which no demo made" in ended.err
    assert "-o ANOTHER_FOLDER" in ended.err
    assert (tmp_path / "demo" / "blur.png").read_text() == "my notes"


def test_a_video_of_ones_own_is_not_that_of_a_demo(spikecam, tmp_path):
    (tmp_path / "sharp.mp4").write_text("my video")
    ended = spikecam("demo", "-o", tmp_path)
    assert ended.code == 2
    assert "it holds sharp.mp4, which no demo made" in ended.err
    assert [path.read_text() for path in tmp_path.iterdir()] == ["my video"]


def test_an_interrupted_demo_says_what_is_there(tmp_path):
    words = [sys.executable, "-c", INTERRUPTED, "demo", "-o", "here"]
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 130
    assert "interrupted; here holds a part of the demo; repeat the command" in ended.stderr
    assert (tmp_path / "here" / "blur.png").exists()


def test_an_interrupted_demo_over_a_whole_one_says_so(tmp_path):
    (tmp_path / "here" / "sharp").mkdir(parents=True)
    for path in (sample.BLUR, sample.SPIKES, sample.SIDECAR):
        shutil.copyfile(path, tmp_path / "here" / path.name)
    sc.save(tmp_path / "here" / "sharp" / "068.png", np.zeros((8, 8)))
    for name in ("sharp.mp4", "before-after.png"):
        (tmp_path / "here" / name).write_text("of an earlier run")
    words = [sys.executable, "-c", INTERRUPTED, "demo", "-o", "here"]
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 130
    assert "interrupted; here holds the whole demo of an earlier run\n" in ended.stderr


def test_a_full_disk_leaves_no_part_of_a_file(spikecam, tmp_path, monkeypatch):
    def fill_disk(source, target):
        target.write_bytes(source.read_bytes()[:1000])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", fill_disk)
    ended = spikecam("demo", "-o", tmp_path / "demo")
    assert ended.code == 2
    assert "No space left on device" in ended.err
    assert list((tmp_path / "demo").iterdir()) == []
