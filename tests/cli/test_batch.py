"""``spikecam batch``, whose jobs run in this process unless a test says otherwise."""

import json
import multiprocessing
import shutil
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import spikecam as sc
from spikecam.cli import batch as command
from spikecam.cli import batch_job, interrupt
from spikecam.cli.batch_commands import BATCH_COMMANDS
from spikecam.cli.batch_job import run_words
from spikecam.cli.batch_spans import split_frames
from spikecam.cli.main import COMMANDS
from spikecam.cli.messages import verbosity
from spikecam.io import output
from spikecam.io.pictures import quantize_to_levels

BATCH = ("batch", "reconstruct")
DRY = ("--dry-run", "--json")


@pytest.fixture
def workers(inline, monkeypatch):
    """The numbers of workers that batches asked for."""
    numbers = []

    def make(count):
        numbers.append(count)
        return inline

    monkeypatch.setattr(command, "LocalWorkers", make)
    return numbers


@pytest.fixture
def film(tmp_path, spikes, monkeypatch):
    """A recording of 900 frames of 9x6."""
    monkeypatch.chdir(tmp_path)
    sc.save("long.dat", sc.SpikeStream.from_array(spikes(900, 6, 9)))
    return "long.dat"


def test_a_pattern_makes_an_output_for_each_recording(spikecam, recordings, workers):
    words = (*BATCH, "**/*.dat", "-o", "out/{parent}/{stem}.png", "--method", "tfi", "--at", "30")
    ended = spikecam(*words, "--workers", 3)
    assert (ended.code, ended.err, workers) == (0, "", [3])
    assert ended.out == "4 done, 0 done before, 0 failed; manifest: out/batch.jsonl\n"
    picture = sc.read_picture("out/b/1.png")
    assert np.array_equal(picture, np.rint(sc.reconstruct("b/1.dat", 30, "tfi") * 255) / 255)
    ended = spikecam(*words, "--json")
    assert json.loads(ended.out)["skipped"] == 4
    listed = spikecam(*words, "--dry-run").out
    assert "b/1.dat -> out/b/1.png  (done)\n4 jobs, 4 of them done\n" in listed


def test_a_failure_is_a_line_and_the_exit_code(spikecam, recordings, workers):
    Path("a/2.dat").write_bytes(b"")
    Path("a/3.dat").write_bytes(b"1234567")
    ended = spikecam(*BATCH, "a/*.dat", "-o", "{stem}.png", "--at", "30", "--method", "tfi")
    assert ended.code == 1
    assert ended.err.startswith("spikecam: a/2.dat: a/2.dat is empty; get it again\n")
    assert "2 done, 0 done before, 2 failed; manifest: batch.jsonl" in ended.out
    assert "| a/2.dat | a/2.dat is empty; get it again |" in " ".join(ended.out.split())
    Path("a/2.dat").write_bytes(Path("a/1.dat").read_bytes())
    Path("a/3.dat").unlink()
    Path("a/2.dat.json").write_bytes(Path("a/1.dat.json").read_bytes())
    ended = spikecam(*BATCH, "a/*.dat", "-o", "{stem}.png", "--at", "30", "--method", "tfi")
    assert "1 done, 2 done before, 0 failed" in ended.out


def test_a_table_gives_jobs_their_own_options(spikecam, recordings, workers):
    Path("jobs.csv").write_text("input,output,at,method\na/0.dat,x.png,20,tfp\nb/0.dat,y.png,,\n")
    ended = spikecam(*BATCH, "--table", "jobs.csv", "--method", "tfi")
    assert ended.code == 0, ended.err
    assert "manifest: jobs.batch.jsonl" in ended.out
    for name, source, at, method in (("x", "a/0.dat", 20, "tfp"), ("y", "b/0.dat", 30, "tfi")):
        expected = np.rint(sc.reconstruct(source, at, method) * 255) / 255
        assert np.array_equal(sc.read_picture(f"{name}.png"), expected)


def test_a_second_argument_follows_the_first_by_its_fields(spikecam, recordings, workers):
    for folder in "ab":
        picture = np.random.default_rng(0).random((6, 9)).astype(np.float32)
        sc.write_picture(f"{folder}/blur.png", picture)
    words = ("deblur", "*/blur.png", "{folder}/0.dat", "-o", "out/{parent}.png", "--method", "sdm")
    options = ("--exposure", "10:50", "--no-check-match", "--at", "30")
    ended = spikecam("batch", *words, *options, "--encoding", "linear")
    assert ended.code == 0, ended.out + ended.err
    assert sc.read_picture("out/b.png").shape == (6, 9)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("live a.dat -o x", "live does not write one output of one input"),
        ("recon a.dat -o x", "there is no command recon; did you mean reconstruct?"),
        ("reconstruct c/*.dat -o {stem}.png", "nothing matches c/*.dat"),
        ("reconstruct */*.dat -o x.png", "4 inputs would all be written to x.png"),
        ("reconstruct */*.dat -o {stem}.png", "a/0.dat and b/0.dat would both be written to 0.png"),
        ("reconstruct */*.dat -o {stm}.png", "{stm}.png has the field {stm}"),
        ("reconstruct a/*.dat -o {stem}.png --methd tfi", "no option --methd; did you mean"),
        ("reconstruct a/*.dat -o {stem}.png --at 1.5", "--at 1.5: expected a whole number"),
        ("reconstruct a/*.dat -o {stem}.png --gamma 0", "--gamma is a positive gamma"),
        ("reconstruct a/*.dat", "the outputs have no name"),
        ("reconstruct -o x.png", "needs files or a pattern"),
        ("reconstruct a/0.dat -o x --table t.csv", "leave one of them out"),
        ("reconstruct a/0.dat -o x.png --workers 0", "workers are at least 1, not 0"),
        ("reconstruct a/0.dat -o x.png --workers 2 --scheduler tcp://x:1", "workers of its own"),
        ("reconstruct a/0.dat -o x.png --scheduler nowhere", "no address of a scheduler"),
        ("convert a/0.dat -o x.mp4 --split 2", "--split is for reconstruct"),
        ("reconstruct a/0.dat a/1.dat -o x.mp4 --split 2", "--split is for one recording"),
        ("reconstruct a/0.dat -o x.png --split 2", "x.png is one picture"),
        ("reconstruct a/0.dat --split 2", "the film has no name"),
        ("reconstruct a/0.dat -o x.mp4 --split 0", "spans from 1, not 0"),
        ("reconstruct a/0.dat -o x.mp4 --split 2", "--split needs --method"),
        ("reconstruct a/0.dat -o x.mp4 --split 2 --method tfi --stretch 1:99", "--stretch is fit"),
        ("reconstruct a/0.dat -o x.mp4 --split 2 --method tfi --frames 9", "START:STOP[:STEP]"),
        ("reconstruct a/0.dat -o x.mp4 --split 2 --method tfi --frames 9:99", "leaves the rec"),
        ("reconstruct a/0.dat -o x.mp4 --split 2 --manifest m", "leave --table and --manifest"),
    ],
)
def test_bad_input_is_one_sentence(spikecam, recordings, words, message):
    before = sorted(Path().rglob("*"))
    ended = spikecam("batch", *words.split())
    assert (ended.code, ended.err.count("\n")) == (2, 1), ended.err
    assert message in ended.err
    assert sorted(Path().rglob("*")) == before


def test_every_command_of_a_batch_is_one(spikecam):
    assert set(BATCH_COMMANDS) < set(COMMANDS)
    for name in ("app", "live", "train", "batch", "bench"):
        assert name not in BATCH_COMMANDS


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("film.mp4", ("--method", "tfp", "--window", "21", "--fps", "25")),
        ("film.gif", ("--method", "tfi", "--frames", "100:130:3", "--gamma", "2.2")),
        ("film", ("--method", "tfi", "--frames", "100:120", "--bits", "16", "--no-overwrite")),
    ],
)
def test_a_split_film_is_the_same_to_the_bit(spikecam, film, workers, monkeypatch, out, words):
    def write_levels(path, pictures, *, fps):
        levels = [quantize_to_levels(picture).tobytes() for picture in pictures]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"".join([str(fps).encode(), *levels]))

    if out == "film.mp4":
        # In place of H.264, whose threads may encode equal pictures to other bytes.
        monkeypatch.setattr(output, "write_video", write_levels)
    whole = f"whole/{out}"
    assert spikecam("reconstruct", film, "-o", whole, *words).code == 0
    ended = spikecam(*BATCH, film, "-o", out, *words, "--split", 3)
    assert (ended.code, ended.err) == (0, "")
    assert "in 3 spans" in ended.out
    if out == "film":
        names = sorted(path.name for path in Path(out).iterdir())
        assert names == sorted(path.name for path in Path(whole).iterdir())
        files = [(Path(out) / name, Path(whole) / name) for name in names]
    else:
        files = [(Path(out), Path(whole))]
    for one, other in files:
        assert one.read_bytes() == other.read_bytes(), one
    assert not Path(f"{out}.spans").exists()


def files_of(folder):
    """Content of the files of a folder, by their paths in it."""
    paths = [path for path in Path(folder).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("frames", ["100:150", "100:163:2", "100:107"])
def test_a_split_store_is_the_same_to_the_bit(spikecam, film, workers, frames):
    zarr = pytest.importorskip("zarr")
    words = ("--method", "tfi", "--frames", frames)
    assert spikecam("reconstruct", film, "-o", "whole.zarr", *words).code == 0
    ended = spikecam(*BATCH, film, "-o", "film.zarr", *words, "--split", 3)
    assert (ended.code, ended.err) == (0, "")
    assert files_of("film.zarr") == files_of("whole.zarr")
    assert not Path("film.zarr.spans").exists()
    group = zarr.open_group("film.zarr", mode="r")
    chosen = range(*map(int, frames.split(":")))
    pictures = sc.reconstruct_frames(sc.open(film), "tfi", frames=chosen)
    assert np.array_equal(group["pictures"][:], np.stack(list(pictures)))
    assert group["frame"][:].tolist() == list(chosen)


def test_a_split_store_goes_on_after_a_killed_worker(spikecam, film, workers, inline, monkeypatch):
    pytest.importorskip("zarr")
    words = (*BATCH, film, "-o", "film.zarr", "--method", "tfi", "--frames", "100:164")

    def fail(*args, **options):
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("spikecam.io.picture_store._link_chunk", fail)
        assert spikecam(*words, "--split", 4).code != 0
    assert not Path("film.zarr").exists()
    # One span is lost, as by a worker that was killed while it wrote: it alone is made again.
    shutil.rmtree("film.zarr.spans/2.zarr")
    count = inline.count
    assert spikecam(*words, "--split", 4).code == 0
    assert inline.count == count + 1
    assert spikecam("reconstruct", *words[2:3], "-o", "whole.zarr", *words[5:]).code == 0
    assert files_of("film.zarr") == files_of("whole.zarr")


def test_a_split_film_goes_on_with_its_spans(spikecam, film, workers, inline, monkeypatch):
    words = (*BATCH, film, "-o", "film.zip", "--method", "tfi", "--frames", "100:110")
    with monkeypatch.context() as patch:
        patch.setattr("spikecam.cli.batch_spans.video_frames", lambda path: iter(()))
        assert spikecam(*words, "--split", 2).code == 2
    assert sorted(p.name for p in Path("film.zip.spans").iterdir()) == ["0", "1", "batch.jsonl"]
    assert spikecam(*words, "--split", 2).code == 0
    assert inline.count == 2
    assert [*split_frames(range(3), 5)] == [range(1), range(1, 2), range(2, 3)]


def test_a_folder_in_the_place_of_spans_is_left(spikecam, film, workers):
    Path("film.spans").mkdir()
    ended = spikecam(*BATCH, film, "-o", "film", "--method", "tfi", "--split", 2)
    assert (ended.code, "film.spans is in use" in ended.err) == (2, True)


def test_spans_of_tfstp_warm_up(spikecam, film, workers):
    """The state of a span builds up from 512 frames before it: less than one level of 255."""
    words = ("--method", "tfstp", "--frames", "800:820", "--bits", "16")
    assert spikecam("reconstruct", film, "-o", "whole", *words).code == 0
    ended = spikecam(*BATCH, film, "-o", "film", *words, "--split", 2)
    assert ended.code == 0, ended.err
    one, other = sc.read_video("whole"), sc.read_video("film")
    assert one.shape == (20, 6, 9)
    assert np.abs(one - other).max() < 1 / 255
    listed = json.loads(spikecam(*BATCH, film, "-o", "f", *words, "--split=2", *DRY).out)
    assert [job["options"]["warm-up"] for job in listed["jobs"]] == [512, 512]


def test_a_command_in_a_worker_keeps_what_it_prints(recordings):
    before = verbosity()
    error, notes = run_words(["reconstruct", recordings[0], "-o", "x.png"])
    assert (error, len(notes)) == ("", 1)
    assert run_words(["view", "missing.dat", "-o", "x.png"]) == (
        "missing.dat does not exist; check the name",
        [],
    )
    assert run_words(["--version"])[0] == ""
    assert verbosity() is before


def test_processes_and_a_cluster_do_it_too(spikecam, recordings):
    words = (*BATCH, "a/*.dat", "-o", "out/{index}.png", "--method", "tfi")
    ended = spikecam(*words, "--workers", 2)
    assert (ended.code, ended.err) == (0, "")
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "protocol": "tcp"}
    with distributed.LocalCluster(**options, dashboard_address=None, silence_logs=50) as cluster:
        ended = spikecam(
            *(*BATCH, "*/*.dat", "-o", "on/{parent}{stem}.png", "--method", "tfi"),
            *("--scheduler", cluster.scheduler_address),
        )
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("1 worker; dashboard: http")
    assert Path("on/a0.png").read_bytes() == Path("out/0.png").read_bytes()


def test_a_signal_ends_one_job_and_not_those_after_it(recordings, monkeypatch):
    ignored = SimpleNamespace(**dict.fromkeys(("SIGINT", "SIGTERM", "SIG_IGN", "SIG_DFL"), 0))
    ignored.signal = lambda number, handler: None
    monkeypatch.setattr(batch_job, "signal", ignored)
    monkeypatch.setattr(batch_job, "raise_interrupt_on_signals", lambda: None)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: object())
    words = ("reconstruct", recordings[0], "-o", "film.zip", "--method", "tfi")
    interrupt._requested.set()
    try:
        assert run_words(words)[0] == ""
    finally:
        interrupt._requested.clear()
