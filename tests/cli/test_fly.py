import json
import shutil
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
    ended = spikecam("fly", ball_file, "-o", out, *SMALL, "--no-overwrite")
    assert (ended.code, "in use" in ended.err) == (2, True)
    # What was written is a path for another flight.
    again = ("--path", out / "transforms.json", "--frames", 12, "--photographs", 0)
    ended = spikecam("fly", ball_file, "-o", tmp_path / "again", *again)
    assert ended.code == 0, ended.err
    assert sc.open(tmp_path / "again" / "spikes.dat").shape == (12, 16, 24)


def test_only_a_folder_of_a_flight_is_replaced(spikecam, ball_file, tmp_path):
    out = tmp_path / "flight"
    words = ("fly", ball_file, "-o", out, *SMALL, "--overwrite")
    assert spikecam(*words, *FEW_PHOTOGRAPHS).code == 0
    assert spikecam(*words, "--photographs", 0).code == 0
    assert not (out / "photographs").exists()
    (out / "test" / "notes.txt").write_text("mine")
    ended = spikecam(*words)
    assert (ended.code, "not replaced because it holds test" in ended.err) == (2, True)
    assert (out / "test" / "notes.txt").exists()


def test_a_scene_is_fitted_to_posed_pictures_and_flown_through(spikecam, flight_folder, tmp_path):
    pictures = tmp_path / "pictures"
    shutil.copytree(flight_folder / "clear", pictures / "clear")
    poses = flight_folder / "transforms_clear.json"
    shutil.copy(poses, pictures / "transforms_train.json")
    out, fit = tmp_path / "flight", ("--steps", 30, "--gaussians", 90)
    words = ("fly", pictures, "--orbit", "--frames", 20, *FEW_PHOTOGRAPHS, *fit)
    ended = spikecam(*words, "-o", out)
    assert ended.code == 0, ended.err
    first, second = ended.out.splitlines()
    what = f"a scene fitted to 5 pictures of {pictures}, from an orbit of 1 turn"
    assert first == f"{what}, 20 frames of 36x32"
    assert second.endswith("20 test views")
    assert sc.read_picture(out / "photographs" / "000.png").shape == (32, 36, 3)
    # Clear pictures to judge by are those of the data set.
    shutil.copy(poses, pictures / "transforms_test.json")
    assert spikecam(*words, "-o", tmp_path / "judged").code == 0
    tests = read_transforms(tmp_path / "judged" / "transforms_test.json")
    for copy, own in zip(tests.pictures, read_transforms(poses).pictures, strict=True):
        np.testing.assert_allclose(sc.read_picture(copy), sc.read_picture(own), atol=1e-3)


def test_the_street_with_colours_and_a_fixed_pattern(
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
        ("{ply} --orbit --steps 9", "fit to a folder of posed pictures; leave them out with"),
        ("{folder} --orbit", "has no transforms_train.json; name a folder with one"),
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
    refused(
        tmp_path,
        said,
        f"fly {words.format(ply=ball_file, folder=tmp_path, **files)}",
        tmp_path / "out",
    )
