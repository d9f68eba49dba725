import json

import numpy as np
import pytest

import spikecam as sc
from spikecam.requests.render import RenderRequest


def test_a_film_a_folder_and_a_picture_of_an_orbit(spikecam, ball_file, tmp_path):
    words = ("render", ball_file, "--orbit", "--size", "32x24")
    ended = spikecam(*words, "-o", tmp_path / "a.mp4", "--frames", 3, "--fps", 10)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == [
        "400 Gaussians, 32x24, from an orbit",
        f"{tmp_path / 'a.mp4'}: 3 frames, 0 to 2",
    ]
    assert sc.count_frames(tmp_path / "a.mp4") == 3
    ended = spikecam(*words, "-o", tmp_path / "film", "--frames", 2, "--json")
    facts = json.loads(ended.out)
    assert facts["frames"] == [0, 1]
    assert facts["kind"] == "folder"
    ended = spikecam(*words, "-o", tmp_path / "a.png", "--background", "white", "--at", 0.25)
    assert ended.code == 0, ended.err
    request = RenderRequest(ball_file, at=0.25, size=(24, 32), background=1)
    ((_, expected),) = request.check().run()
    np.testing.assert_allclose(sc.read_picture(tmp_path / "a.png"), expected, atol=0.003)
    # The folder is in use, and the scene itself is never replaced.
    assert "in use" in spikecam(*words, "-o", tmp_path / "film", "--frames", 2).err
    assert spikecam(*words, "-o", tmp_path / "a.png", "--no-overwrite").code == 2


def test_depth_in_16_bits(spikecam, ball_file, tmp_path):
    out = tmp_path / "depth.png"
    words = ("render", ball_file, "--orbit", "--depth", "--bits", 16, "--size", "32x24")
    ended = spikecam(*words, "-o", out)
    assert "in units of the scene" in ended.out
    ((_, expected),) = RenderRequest(ball_file, size=(24, 32), depth=True).check().run()
    np.testing.assert_allclose(sc.read_picture(out), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "out", "said"),
    [
        ("", "a.png", "either --path POSES or --orbit"),
        ("--orbit --path p.json", "a.png", "either --path POSES or --orbit"),
        ("--path p.json", "a.png", "p.json"),
        ("--orbit --background blue", "a.png", "--background blue: expected black, white, or a"),
        ("--orbit --frames 1", "a.mp4", "there is one frame to write"),
        ("--orbit --frames 3", "a.png", "3 frames were asked for; name a folder or a video"),
        ("--orbit --up w", "a.png", "--up w: expected one of x, y, z, -x, -y, -z"),
    ],
)
def test_what_cannot_be_is_refused(refused, ball_file, tmp_path, words, out, said):
    refused(tmp_path, said, f"render {ball_file} {words}", tmp_path / out)


def test_a_scene_is_described(spikecam, ball_file):
    assert "400 in colour" in spikecam("info", ball_file).out
    facts = json.loads(spikecam("info", ball_file, "--json").out)
    assert (facts["gaussians"], facts["degree"]) == (400, 1)
    ended = spikecam("info", ball_file, "--camera", "gen2")
    assert (ended.code, "is a scene; leave out the options of a recording" in ended.err) == (
        2,
        True,
    )
