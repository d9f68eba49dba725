import json
import os
from pathlib import Path

import pytest

from spikecam.batches import file_record, manifest
from spikecam.batches.batch import batch
from spikecam.batches.file_record import files_are_as_recorded, input_paths, record_files
from spikecam.batches.job import BatchJob
from spikecam.batches.manifest import Manifest
from spikecam.errors import FileError, OutputError


def states(results):
    """How each job ended, in the order of the outputs."""
    return [one.state for one in sorted(results, key=lambda one: one.job.output)]


def lines(path="m.jsonl"):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def test_a_batch_goes_on_where_it_stopped(jobs, inline):
    assert states(batch(jobs[:2], inline, "m.jsonl")) == ["done"] * 2
    assert states(batch(jobs, inline, "m.jsonl")) == ["skipped"] * 2 + ["done"] * 2
    assert inline.count == 4
    done = next(line for line in lines() if line["state"] == "done")
    assert done["job"]["options"] == {"method": "tfi", "at": 30}
    assert {*done["inputs"]} == {"a/0.dat", "a/0.dat.json"}
    assert len(done["output"]["sha256"]) == 64
    assert {"host", "started", "seconds", "python", "spikecam"} <= done.keys()


def test_what_changed_is_done_again(jobs, recordings, inline, monkeypatch):
    list(batch(jobs, inline, "m.jsonl"))
    os.remove("out/0.png")
    Path(recordings[1]).write_bytes(Path(recordings[2]).read_bytes())
    # Only its time is another.
    os.utime(recordings[2], (0, 0))
    changed = [*jobs[:3], BatchJob("reconstruct", recordings[3], "out/3.png", {"method": "tfp"})]
    expected = ["done", "done", "skipped", "done"]
    assert states(batch(changed, inline, "m.jsonl")) == expected
    Path("b/1.dat.json").write_text('{"width": 6, "height": 9}')
    assert states(batch(changed, inline, "m.jsonl")) == ["skipped"] * 3 + ["done"]
    monkeypatch.setattr(manifest, "own_version", lambda: "9.9")
    assert states(batch(changed, inline, "m.jsonl")) == ["done"] * 4


def test_a_torn_last_line_is_dropped(jobs, inline):
    list(batch(jobs, inline, "m.jsonl"))
    path = Path("m.jsonl")
    path.write_bytes(path.read_bytes()[:-20])
    assert states(batch(jobs, inline, "m.jsonl")) == ["skipped"] * 3 + ["done"]
    assert len(lines()) == 9
    assert states(batch(jobs, inline, "m.jsonl")) == ["skipped"] * 4


def test_failures_are_tried_again(jobs, inline):
    bad = BatchJob("reconstruct", "missing.dat", "out/x.png")
    (result,) = batch([bad], inline, "m.jsonl")
    assert (result.state, result.error) == (
        "failed",
        "missing.dat does not exist; check the name",
    )
    assert states(batch([bad], inline, "m.jsonl")) == ["failed"]
    assert inline.count == 2


def test_a_folder_whose_record_was_lost_counts(recordings, inline):
    job = BatchJob("reconstruct", recordings[0], "out", {"method": "tfi", "frames": "20:22"})
    list(batch([job], inline, "m.jsonl"))
    started = Path("m.jsonl").read_text().splitlines(keepends=True)[0]
    Path("m.jsonl").write_text(started)
    assert states(batch([job], inline, "m.jsonl")) == ["skipped"]
    Path("m.jsonl").write_text(started.replace('"existed": false', '"existed": true'))
    (result,) = batch([job], inline, "m.jsonl")
    assert "folder out is in use" in result.error


def test_a_folder_of_inputs_that_changed_meanwhile_does_not_count(recordings, inline):
    job = BatchJob("reconstruct", recordings[0], "out", {"method": "tfi", "frames": "20:22"})
    list(batch([job], inline, "m.jsonl"))
    started = Path("m.jsonl").read_text().splitlines(keepends=True)[0]
    Path("m.jsonl").write_text(started)
    os.utime(recordings[0], (0, 0))
    (result,) = batch([job], inline, "m.jsonl")
    assert "folder out is in use" in result.error


def test_a_folder_called_as_a_value_of_an_option_is_no_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("tfi", "photos"):
        Path(folder).mkdir()
    for file in ("a.dat", "fpn.npz"):
        Path(file).touch()
    options = {"method": "tfi", "fpn": "fpn.npz", "at": 3, "photographs": ["photos/", "b.png"]}
    job = BatchJob("splat", "a.dat", "a.ply", options)
    assert input_paths(job) == [Path("a.dat"), Path("fpn.npz"), Path("photos")]
    assert input_paths(BatchJob("splat", "tfi", "a.ply", {"photographs": Path("photos")})) == [
        Path("tfi"),
        Path("photos"),
    ]


def test_a_manifest_in_use_or_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text("")
    with Manifest(path), pytest.raises(OutputError, match="in use by another batch"):
        Manifest(path)
    path.write_text('{"a": 1}\n')
    with pytest.raises(FileError, match="line 1: no line of a manifest"):
        Manifest(path)
    with pytest.raises(OutputError, match="is a folder"):
        Manifest(tmp_path)


def test_a_disk_that_is_full_is_said_in_a_sentence(jobs, tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    with (
        pytest.raises(OutputError, match=r"cannot write .*m\.jsonl: No space left on device"),
        Manifest(tmp_path / "m.jsonl") as records,
    ):
        records._file = open("/dev/full", "ab")  # noqa: SIM115
        records.add_start(jobs[0])


def test_a_file_is_read_once_for_its_digest_and_a_long_one_never(tmp_path, monkeypatch):
    path = tmp_path / "a.dat"
    path.write_bytes(b"1")
    job = BatchJob("view", path, "a.png")
    record = record_files(job)
    assert record[str(path)]["sha256"]
    monkeypatch.setattr(file_record, "file_digest", None)
    assert record_files(job) == record
    monkeypatch.setattr(file_record, "DIGEST_BYTES", 0)
    os.utime(path, (0, 0))
    long_record = record_files(job)
    assert long_record[str(path)]["sha256"] is None
    assert files_are_as_recorded(job, long_record)
    os.utime(path, (1, 1))
    assert not files_are_as_recorded(job, long_record)
