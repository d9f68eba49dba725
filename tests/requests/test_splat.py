"""Fits of scenes: what they write, and how they go on after they were stopped."""

import numpy as np
import pytest

from spikecam.encoding import SRGB
from spikecam.errors import OptionError, OutputError
from spikecam.io.pictures import read_picture
from spikecam.requests import splat
from spikecam.requests.recording_file import RecordingFile
from spikecam.requests.splat import (
    SplatRequest,
    preview_path,
    refined_poses_path,
    state_path,
)
from spikecam.requests.splat_options import SplatOptions
from spikecam.views.camera import Intrinsics
from spikecam.views.fitting import FitOptions
from spikecam.views.orbit import orbit_path
from spikecam.views.ply_file import read_ply
from spikecam.views.pose_files.nerf import read_transforms, write_transforms
from spikecam.views.posed_pictures import PosedPictures
from spikecam.views.rendering import render

LENS = Intrinsics.from_field_of_view(36, 32, 0.8)
PATH = orbit_path((2, 0, -1), 3.2, 300, turns=0.3, elevation=(10, 40))


def options(steps=20, gaussians=300, **changes):
    return SplatOptions(fit=FitOptions(steps=steps, gaussians=gaussians), **changes)


def spikes_of(folder):
    return [RecordingFile(folder / "spikes.dat")]


def run(request, out):
    checked = request.check()
    for _ in checked.run(out):
        pass
    return checked


def test_a_fit_to_spikes_and_photographs_shows_the_scene(flight_folder, tmp_path):
    request = SplatRequest(
        spikes_of(flight_folder),
        flight_folder / "transforms.json",
        flight_folder / "transforms_photographs.json",
        options=options(steps=400, gaussians=500, windows=20),
    )
    run(request, tmp_path / "scene.ply")
    scene = read_ply(tmp_path / "scene.ply")
    errors = []
    poses = read_transforms(flight_folder / "transforms_clear.json")
    pictures = PosedPictures(poses, SRGB)
    for camera, light in zip(pictures.cameras(), pictures.iter_light(), strict=True):
        picture = SRGB.encode(light)
        view = render(scene, camera).picture.clip(0, 1)
        errors.append(np.square(view - np.moveaxis(picture, 2, 0)).mean())
    assert -10 * np.log10(np.mean(errors)) > 18.5
    assert not state_path(tmp_path / "scene.ply").exists()
    preview = read_picture(preview_path(tmp_path / "scene.ply"))
    assert preview.shape[:2] == (32, 2 * 36 + 4)
    left, right = preview[:, :36], preview[:, 40:]
    assert np.corrcoef(left.ravel(), right.ravel())[0, 1] > 0.8


def test_a_scene_that_appears_meanwhile_is_refused(flight_folder, tmp_path):
    request = SplatRequest([], flight_folder / "transforms_clear.json", options=options(steps=3))
    checked, out = request.check(), tmp_path / "scene.ply"
    fitting = checked.run(out, overwrite=False)
    next(fitting)
    out.write_bytes(b"of another program")
    with pytest.raises(OutputError, match="exists and is not replaced"):
        list(fitting)
    assert out.read_bytes() == b"of another program"


@pytest.fixture
def refining(flight_folder):
    return SplatRequest(
        spikes_of(flight_folder),
        flight_folder / "transforms.json",
        options=options(steps=140, gaussians=200, windows=20, refine_poses=True),
    )


def test_a_fit_that_was_killed_goes_on_as_if_it_was_not(refining, tmp_path, monkeypatch):
    run(refining, tmp_path / "whole.ply")
    first, out = tmp_path / "first.ply", tmp_path / "killed.ply"
    steps = refining.check().run(first)
    # After a relocation, in the middle of an order of observations.
    for _ in range(112):
        next(steps)
    monkeypatch.setattr(splat, "_SAVE_SECONDS", 0.0)
    next(steps)
    state_path(first).rename(state_path(out))
    assert len(read_ply(first)) == 105
    checked = refining.check()
    assert checked.resume(out)
    assert checked.fit.step_number == 113
    monkeypatch.undo()
    list(checked.run(out))
    assert out.read_bytes() == (tmp_path / "whole.ply").read_bytes()
    poses = (refined_poses_path(tmp_path / name) for name in ("killed.ply", "whole.ply"))
    assert len({path.read_text() for path in poses}) == 1
    assert not checked.resume(out)


def test_an_interrupted_fit_leaves_a_scene_and_goes_on(refining, tmp_path, monkeypatch):
    run(refining, tmp_path / "whole.ply")
    out = tmp_path / "scene.ply"
    checked = refining.check()

    def interrupt(*args, **settings):
        if checked.fit.step_number == 30:
            raise KeyboardInterrupt
        return render(*args, **settings)

    with monkeypatch.context() as changed:
        changed.setattr(checked.fit, "renderer", interrupt)
        # The preview is rendered, too.
        changed.setattr(splat, "preview_picture", lambda fit: np.zeros((2, 2)))
        with pytest.raises(KeyboardInterrupt):
            list(checked.run(out))
    assert len(read_ply(out)) == 100
    checked = refining.check()
    assert checked.resume(out)
    assert checked.fit.step_number == 30
    list(checked.run(out))
    assert out.read_bytes() == (tmp_path / "whole.ply").read_bytes()


def test_a_fit_that_is_interrupted_in_a_change_leaves_the_last_state(
    refining, tmp_path, monkeypatch
):
    out = tmp_path / "scene.ply"
    checked = refining.check()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(checked.fit, "_relocate", interrupt)
    steps = checked.run(out)
    for _ in range(98):
        next(steps)
    monkeypatch.setattr(splat, "_SAVE_SECONDS", 0.0)
    next(steps)
    with pytest.raises(KeyboardInterrupt):
        next(steps)
    again = refining.check()
    assert again.resume(out)
    assert again.fit.step_number == 99


def test_a_fit_that_did_not_begin_leaves_nothing(refining, tmp_path):
    steps = refining.check().run(tmp_path / "scene.ply")
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_refined_poses_are_written_beside_the_scene(flight_folder, tmp_path):
    clear = read_transforms(flight_folder / "transforms_clear.json")
    request = SplatRequest([], clear.path, options=options(refine_poses=True))
    checked = run(request, tmp_path / "scene.ply")
    refined = read_transforms(refined_poses_path(tmp_path / "scene.ply"))
    assert refined.intrinsics == LENS
    np.testing.assert_array_equal(refined.times, clear.times)
    assert [path.resolve() for path in refined.pictures] == [p.resolve() for p in clear.pictures]
    expected = [checked.fit.camera(float(i)).world_to_camera for i in range(5)]
    np.testing.assert_allclose(refined.world_to_camera, expected, atol=1e-9)
    assert 0 < np.abs(refined.world_to_camera - clear.world_to_camera).max() < 0.2


def test_blurry_pictures_are_fitted_as_means_of_moving_cameras(flight_folder, tmp_path):
    clear = read_transforms(flight_folder / "transforms_clear.json")
    request = SplatRequest([], clear.path, options=options(exposure_poses=True))
    checked = run(request, tmp_path / "scene.ply")
    assert [len(one.times) for one in checked.scene.observations] == [10] * 5
    assert len(checked.fit.corrections.knots) == 10
    refined = read_transforms(refined_poses_path(tmp_path / "scene.ply"))
    assert 0 < np.abs(refined.world_to_camera - clear.world_to_camera).max() < 0.2


def test_corrections_of_a_long_path_have_few_knots(flight_folder, tmp_path):
    times = np.linspace(0, 300, 101)
    write_transforms(tmp_path / "poses.json", PATH.pose_at(times), LENS, times=times)
    setting = options(windows=2, refine_poses=True)
    request = SplatRequest(spikes_of(flight_folder), tmp_path / "poses.json", options=setting)
    checked = request.check()
    np.testing.assert_allclose(checked.fit.corrections.knots, np.linspace(0, 300, 180))
    assert len(checked.scene.pose_times) == 101


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": 150}, r"other settings \(steps\)"),
        ({"refine_poses": False}, r"other settings \(refine_poses\)"),
        ({"white_rate": 0.5}, r"other settings \(observations, white_rate\)"),
        ({"windows": 9}, r"other settings \(observations, windows\)"),
    ],
)
def test_a_state_of_other_settings_is_refused(refining, flight_folder, tmp_path, changes, words):
    out = tmp_path / "scene.ply"
    steps = refining.check().run(out)
    next(steps)
    steps.close()
    values = {"steps": 140, "gaussians": 200, "windows": 20, "refine_poses": True, **changes}
    poses = flight_folder / "transforms.json"
    request = SplatRequest(spikes_of(flight_folder), poses, options=options(**values))
    with pytest.raises(OptionError, match=words):
        request.check().resume(out)


def test_a_state_of_other_poses_is_refused(refining, flight_folder, tmp_path):
    out = tmp_path / "scene.ply"
    steps = refining.check().run(out)
    next(steps)
    steps.close()
    poses = read_transforms(flight_folder / "transforms.json")
    matrices = poses.world_to_camera.copy()
    matrices[3, 0, 3] += 1e-3
    write_transforms(tmp_path / "p.json", matrices, LENS, times=poses.times)
    request = SplatRequest(refining.spikes, tmp_path / "p.json", options=refining.options)
    with pytest.raises(OptionError, match=r"other settings \(poses\); repeat its command"):
        request.check().resume(out)
