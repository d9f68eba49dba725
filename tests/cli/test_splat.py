import json
import re

import pytest

from spikecam.cli import progress
from spikecam.views.ply_file import read_ply
from spikecam.views.pose_files.nerf import read_transforms

SMALL = ("--steps", 12, "--gaussians", 60, "--windows", 6)


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_scene_of_a_flight(spikecam, flight_folder, tmp_path):
    out, poses = tmp_path / "scene.ply", flight_folder / "transforms.json"
    words = ("splat", flight_folder / "spikes.dat", "--poses", poses, "-o", out)
    photographs = ("--photographs", flight_folder / "transforms_photographs.json")
    ended = spikecam(*words, *SMALL, *photographs)
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[0].startswith("white fires 0.")
    assert lines[-1] == f"{out}: 30 Gaussians after 12 steps"
    assert read_ply(out).harmonics.shape == (30, 4, 3)
    assert files_in(tmp_path) == ["scene.ply", "scene.ply.preview.png"]


def test_refined_poses_and_facts_as_json(spikecam, flight_folder, tmp_path):
    out, poses = tmp_path / "scene.ply", flight_folder / "transforms_clear.json"
    ended = spikecam("splat", poses, "-o", out, *SMALL[:4], "--refine-poses", "--json")
    assert ended.code == 0, ended.err
    facts = json.loads(ended.out)
    assert (facts["gaussians"], facts["steps"]) == (30, 12)
    assert facts["scene"] == str(out)
    assert facts["notes"][0] == "5 pictures"
    assert re.fullmatch(r"5 observations; the fit takes about 1 MB of memory", facts["notes"][1])
    assert 0 < facts["loss"] < 1
    assert len(read_transforms(facts["poses"]).pictures) == 5
    names = ["scene.ply", "scene.ply.poses.json", "scene.ply.preview.png"]
    assert files_in(tmp_path) == names


def test_an_interrupted_command_goes_on_when_it_is_repeated(
    spikecam, flight_folder, tmp_path, monkeypatch
):
    words = ("splat", flight_folder / "transforms_clear.json", *SMALL[:4])
    assert spikecam(*words, "-o", tmp_path / "whole.ply").code == 0
    out, checks = tmp_path / "scene.ply", iter(range(5))

    def interrupt():
        if next(checks) == 4:
            raise KeyboardInterrupt

    with monkeypatch.context() as changed:
        changed.setattr(progress, "raise_if_interrupted", interrupt)
        ended = spikecam(*words, "-o", out)
    assert ended.code == 130
    assert len(read_ply(out)) == 30
    assert (tmp_path / "scene.ply.fit.npz").exists()
    assert (tmp_path / "scene.ply.preview.png").exists()
    ended = spikecam(*words, "--seed", 1, "-o", out)
    assert (ended.code, "fit with other settings (seed)" in ended.err) == (2, True)
    ended = spikecam(*words, "-o", out)
    assert f"goes on after step 5, from {out}.fit.npz" in ended.out
    assert out.read_bytes() == (tmp_path / "whole.ply").read_bytes()
    assert not (tmp_path / "scene.ply.fit.npz").exists()


def test_what_is_replaced_and_what_goes_on(spikecam, flight_folder, tmp_path, monkeypatch):
    words = ("splat", flight_folder / "transforms_clear.json", *SMALL[:4])
    out, state = tmp_path / "scene.ply", tmp_path / "scene.ply.fit.npz"
    assert spikecam(*words, "-o", out, "--no-overwrite").code == 0
    ended = spikecam(*words, "-o", out, "--no-overwrite")
    assert (ended.code, "scene.ply exists and is not replaced" in ended.err) == (2, True)
    out.unlink()
    ended = spikecam(*words, "-o", out, "--no-overwrite")
    assert (ended.code, "scene.ply.preview.png exists" in ended.err) == (2, True)
    assert spikecam(*words, "-o", out).code == 0
    # The state of another fit, which only --overwrite leaves alone.
    state.write_bytes(b"no state")
    for flag in ("--no-overwrite", "--quiet"):
        ended = spikecam(*words, "-o", out, flag)
        assert (ended.code, "fit.npz is damaged" in ended.err) == (2, True)
    ended = spikecam(*words, "-o", out, "--overwrite")
    assert (ended.code, "goes on" in ended.out) == (0, False)
    assert not state.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("{spikes}", "give the poses of the camera by --poses"),
        ("{spikes} --poses none.json", "none.json"),
        ("none.dat --poses {poses}", "none.dat"),
        ("{spikes} --poses {poses} --window 999", "longer than the recording of 301"),
        ("{spikes} --poses {poses} --method none", "none"),
        ("{spikes} --poses {poses} --frames 9", "frames 9: expected START:STOP"),
        ("{spikes} {spikes} --poses {clear}", "has 5 poses, and there are 2 recordings"),
        ("{poses}", "names no pictures"),
        ("{clear} --photographs {clear}", "photographs are of the flight"),
    ],
)
def test_what_cannot_be_is_refused(refused, flight_folder, tmp_path, words, said):
    files = {
        "spikes": flight_folder / "spikes.dat",
        "poses": flight_folder / "transforms.json",
        "clear": flight_folder / "transforms_clear.json",
    }
    refused(tmp_path, said, f"splat {words.format(**files)}", tmp_path / "out.ply")


def test_an_output_that_is_no_ply_is_refused(refused, flight_folder, tmp_path):
    command = f"splat {flight_folder / 'transforms_clear.json'}"
    refused(
        tmp_path,
        "scene.png: scenes of Gaussians are written as .ply",
        command,
        tmp_path / "scene.png",
    )
