import json
from dataclasses import replace

import numpy as np
import pytest

import spikecam as sc
from spikecam.fixed_pattern import FixedPattern
from spikecam.views.flight_folder import FlightOptions
from spikecam.views.ply_file import write_ply
from spikecam.views.pose_files.nerf import read_transforms

# So small that photographs of 97 frames do not fit.
SMALL = ("--orbit", "--frames", 40, "--size", "24x16", "--turns", "0.05")
FEW_PHOTOGRAPHS = ("--photographs", 2, "--exposure", 9)


def test_the_folder_of_an_orbit(spikecam, ball_file, tmp_path):
    out = tmp_path / "flight"
    words = ("--elevation", "-5:20", "--peak-rate", 0.5, "--rate", 40_000, "--seed", 3)
    ended = spikecam("fly", ball_file, "-o", out, *SMALL, *FEW_PHOTOGRAPHS, *words)
    assert ended.code == 0, ended.err
    first, second = ended.out.splitlines()
    assert first == "400 Gaussians from an orbit of 0.05 turns, 40 frames of 24x16"
    assert second.startswith(f"{out}: 40 frames of 24x16, 0.")
    assert second.endswith(" spikes a pixel and frame; 2 photographs, 20 test views")
    spikes = sc.open(out / "spikes.dat")
    assert (spikes.shape, spikes.rate) == ((40, 16, 24), 40_000)
    assert len(read_transforms(out / "transforms_photographs.json").pictures) == 2
    options = FlightOptions(**json.loads((out / "flight.json").read_text())["options"])
    expected = FlightOptions(peak_rate=0.5, rate=40_000, photographs=2, exposure=9, seed=3)
    assert options == expected
    ended = spikecam("fly", ball_file, "-o", out, *SMALL)
    assert (ended.code, "in use" in ended.err) == (2, True)
    # What was written is a path for another flight.
    again = ("--path", out / "transforms.json", "--frames", 12, "--photographs", 0)
    ended = spikecam("fly", ball_file, "-o", tmp_path / "again", *again)
    assert ended.code == 0, ended.err
    assert sc.open(tmp_path / "again" / "spikes.dat").shape == (12, 16, 24)


def test_the_made_scene_with_colours_and_a_fixed_pattern(
    spikecam, tmp_path, street_corner, monkeypatch
):
    monkeypatch.setattr("spikecam.requests.fly.street_scene", lambda: street_corner)
    pattern, out = tmp_path / "pattern.npz", tmp_path / "flight"
    FixedPattern.random((10, 16), 1).save(pattern)
    words = ("--frames", 10, "--size", "16x10", "--preset", "gen2", "--bayer", "--fpn", pattern)
    ended = spikecam("fly", "street", "-o", out, *words, "--photographs", 0, "--json")
    assert ended.code == 0, ended.err
    facts = json.loads(ended.out)
    assert (facts["frames"], facts["height"], facts["width"]) == (10, 10, 16)
    assert (facts["photographs"], facts["test_views"]) == (0, 20)
    assert facts["mean_rate"] == pytest.approx(np.asarray(sc.open(facts["recording"])).mean())
    manifest = json.loads((out / "flight.json").read_text())
    assert manifest["colours"] == "RGGB"
    assert manifest["fixed pattern"] == FixedPattern.load(pattern).digest()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("{ply}", "either --path POSES or --orbit"),
        ("{ply} --orbit --path p.json", "either --path POSES or --orbit"),
        ("street --orbit", "leave out --orbit"),
        ("street --path p.json", "the scene street has a flight"),
        ("{ply} --path p.json", "p.json"),
        ("{ply} --orbit --elevation high", "--elevation high: expected degrees such as 25"),
        ("{ply} --orbit --elevation 1:2:3", "--elevation 1:2:3: expected degrees such as 25"),
        ("{ply} --orbit --frames 40", "exposure of 97 frames is longer than the flight of 40"),
        ("{ply} --orbit --preset none", "none"),
        ("{ply} --orbit --peak-rate 2", "a peak rate is above 0"),
        ("{ply} --orbit --size 32x24 --frames 1000000000000", "needs"),
        ("{gray} --orbit --size 32x24 --bayer", "this one is gray"),
        ("{dark} --orbit --size 32x24", "nothing but darkness"),
        ("none.ply --orbit", "none.ply"),
    ],
)
def test_what_cannot_be_is_refused(refused, ball, ball_file, tmp_path, words, said):
    gray = ball.harmonics[:, :1, :1].copy()
    write_ply(tmp_path / "gray.ply", replace(ball, harmonics=gray))
    gray[:] = -9
    write_ply(tmp_path / "dark.ply", replace(ball, harmonics=gray))
    files = {name: tmp_path / f"{name}.ply" for name in ("gray", "dark")}
    refused(tmp_path, said, f"fly {words.format(ply=ball_file, **files)}", tmp_path / "out")
