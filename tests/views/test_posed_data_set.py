"""Data sets of posed pictures: what is read of them, and a fit to them."""

import shutil

import numpy as np
import pytest

from spikecam.errors import FileError, OptionError
from spikecam.views.fitting import FitOptions
from spikecam.views.pose_files.nerf import read_transforms, write_transforms
from spikecam.views.posed_data_set import fit_to_pictures, read_posed_data_set


@pytest.fixture
def folder(flight_folder, tmp_path):
    shutil.copytree(flight_folder / "clear", tmp_path / "clear")
    shutil.copy(flight_folder / "transforms_clear.json", tmp_path / "transforms_train.json")
    return tmp_path


def test_views_to_judge_by_are_read_where_there_are_any(folder):
    train, test = read_posed_data_set(folder, (16, 18), background=1.0)
    assert (len(train.files), train.background, test) == (5, 1.0, None)
    assert (train.intrinsics().width, train.intrinsics().height) == (18, 16)
    shutil.copy(folder / "transforms_train.json", folder / "transforms_test.json")
    _, test = read_posed_data_set(folder)
    assert test.files == train.files


def test_what_shows_no_scene_is_refused(folder, tmp_path):
    with pytest.raises(FileError, match=r"clear has no transforms_train.json; name a folder"):
        read_posed_data_set(folder / "clear")
    poses = read_transforms(folder / "transforms_train.json").part(np.arange(2))
    write_transforms(
        folder / "transforms_train.json",
        poses.world_to_camera,
        poses.intrinsics,
        pictures=poses.pictures,
    )
    with pytest.raises(OptionError, match="3 views or more, not 2"):
        read_posed_data_set(folder)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_fit_comes_nearer_to_the_pictures(folder, channels):
    train, _ = read_posed_data_set(folder)
    light = [one if channels == 3 else one.mean(2) for one in train.iter_light()]
    fit = fit_to_pictures(light, train.cameras(), FitOptions(steps=60, gaussians=150))
    assert len(fit.gaussians) == 100
    assert fit.gaussians.harmonics.shape[1:] == (9, channels)
    assert fit.observations[3].target.shape[0] == channels
    np.testing.assert_array_equal(
        fit.camera(3.0).world_to_camera, train.cameras()[3].world_to_camera
    )
    errors = []
    for _ in range(2):
        differences = [fit.predicted_light(one) - one.target for one in fit.observations]
        errors.append(np.sqrt(np.square(differences).mean()))
        for _ in range(60):
            fit.step()
    assert errors[1] < 0.85 * errors[0]
