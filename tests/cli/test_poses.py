"""The command poses, with a stand-in for structure from motion."""

import json

import numpy as np
import pytest

import spikecam as sc
from spikecam.views.camera import Intrinsics
from spikecam.views.pose_files.nerf import write_transforms
from spikecam.views.pose_files.read import read_poses
from spikecam.views.poses import look_at
from spikecam.views.structure_from_motion import EstimatedPoses

TIMES = np.arange(0.0, 61, 20)
TURN = np.radians(TIMES)
CENTRES = np.stack([3 * np.sin(TURN), 0.1 * TURN, 3 * np.cos(TURN)], axis=1)
TRUTH = look_at(CENTRES, np.zeros(3), np.array([0, 1.0, 0]))
LENS = Intrinsics(16, 12, 20.0, 20.0, 8.0, 6.0)


@pytest.fixture
def estimator(monkeypatch):
    """In place of COLMAP: the true poses in another unit, of all pictures but the second."""
    calls = []

    def estimate(pictures, intrinsics=None):
        pictures = list(pictures)
        calls.append((pictures, intrinsics))
        indices = [i for i in range(len(pictures)) if i != 1]
        poses = TRUTH[indices].copy()
        poses[:, :3, 3] *= 7
        return EstimatedPoses(poses, tuple(indices), len(pictures), intrinsics or LENS)

    monkeypatch.setattr("spikecam.requests.poses.estimate_poses", estimate)
    monkeypatch.setattr("spikecam.requests.poses.require_packages", lambda *_, **__: None)
    return calls


@pytest.fixture
def recording(steady, tmp_path):
    path = tmp_path / "spikes.npz"
    sc.save(path, steady(np.full((12, 16), 0.4), 81))
    return path


def test_poses_of_a_recording(estimator, recording, spikecam, tmp_path):
    out, truth = tmp_path / "poses.json", tmp_path / "truth.json"
    write_transforms(truth, TRUTH, LENS, times=TIMES)
    words = ("poses", recording, "--method", "tfp", "--window", 1, "--frames", "0:61:20")
    ended = spikecam(*words, "--fov", 40, "--truth", truth, "-o", out)
    assert ended.code == 0, ended.err
    assert "3 of 4 views registered; distances have no scale" in ended.out
    assert "centres are off by 0.00% of the distance" in ended.out
    poses = read_poses(out)
    np.testing.assert_allclose(poses.times, (0, 40, 60))
    (pictures, intrinsics), *_ = estimator
    assert [picture.shape for picture in pictures] == [(12, 16)] * 4
    assert intrinsics == Intrinsics.from_field_of_view(16, 12, np.radians(40))
    np.testing.assert_allclose(poses.intrinsics.fx, intrinsics.fx)
    ended = spikecam(*words, "-o", out, "--json")
    facts = json.loads(ended.out)
    assert (facts["registered"], facts["pictures"], facts["error"]) == ([0, 2, 3], 4, None)
    assert facts["focal_length"] == 20
    assert estimator[1][1] is None


def test_poses_of_pictures(estimator, spikecam, tmp_path):
    files = [tmp_path / f"{name}.png" for name in "abcd"]
    for file in files:
        sc.save(file, np.full((12, 16), 0.5, np.float32))
    out, truth = tmp_path / "poses.json", tmp_path / "truth.json"
    # The truth has the pictures in another order.
    write_transforms(truth, TRUTH[::-1], LENS, pictures=files[::-1])
    ended = spikecam("poses", *files, "--truth", truth, "-o", out)
    assert ended.code == 0, ended.err
    assert "centres are off by 0.00% of the distance" in ended.out
    poses = read_poses(out)
    assert poses.pictures == (files[0], files[2], files[3])
    assert poses.times is None
    write_transforms(truth, TRUTH[:3], LENS, pictures=files[:3])
    ended = spikecam("poses", *files, "--truth", truth, "-o", out)
    assert ended.code == 2
    assert f"truth.json has no pose of {files[3]}" in ended.err
    write_transforms(truth, TRUTH, LENS)
    ended = spikecam("poses", *files, "--truth", truth, "-o", out)
    assert "does not name the picture of each pose" in ended.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("a.png b.png -o p.json", "poses need 3 pictures or more, not 2"),
        ("a.png b.npz -o p.json", "give one recording, or pictures alone"),
        ("a.png a.png a.png --method tfp -o p.json", "a method and frames are for a recording"),
        ("a.png a.png a.png --fov 190 -o p.json", "between 0 and 180 degrees, not 190"),
        ("a.png a.png a.png -o p.txt", "p.txt"),
    ],
)
def test_what_cannot_be_is_refused(estimator, spikecam, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    ended = spikecam("poses", *words.split())
    assert ended.code == 2
    assert message in ended.err
    assert not estimator


def test_a_recording_with_too_few_frames_is_refused(estimator, recording, spikecam, tmp_path):
    words = ("poses", recording, "--method", "tfp", "--window", 1, "--frames", 2)
    ended = spikecam(*words, "-o", tmp_path / "p.json")
    assert "poses need 3 pictures or more, not 2" in ended.err
