"""States of fits in files: what goes on from them, and what is refused."""

import numpy as np
import pytest

from spikecam.encoding import LINEAR
from spikecam.errors import FileError, OptionError
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.fit_preview import preview_picture
from spikecam.views.fit_state import load_fit, save_fit
from spikecam.views.fitting import Fit, FitOptions
from spikecam.views.observations import Observation, bayer_pattern, observe_pictures

LENS = Intrinsics(20, 12, 20.0, 20.0, 10.0, 6.0)
POSE = np.eye(4)
POSE[2, 3] = 3
SETTINGS = {"steps": 9, "size": (20, 12)}


@pytest.fixture
def make_fit(scene_of):
    def make(observations=None, channels=1):
        picture = np.tile(np.linspace(0, 1, 20), (12, 1))
        observed = observations or observe_pictures([picture, 1 - picture], [(0.0,), (1.0,)])
        scene = scene_of(30, channels=channels, size=0.3)
        return Fit(observed, lambda _: Camera(LENS, POSE), scene, LINEAR, 3.0, FitOptions(steps=9))

    return make


def test_a_fit_goes_on_from_a_file(make_fit, tmp_path):
    first, second = make_fit(), make_fit()
    for _ in range(5):
        first.step()
    save_fit(tmp_path / "fit.npz", first, SETTINGS)
    # Tuples are lists in JSON.
    load_fit(tmp_path / "fit.npz", second, dict(SETTINGS))
    assert second.step_number == 5
    assert [first.step() for _ in range(4)] == [second.step() for _ in range(4)]
    for values, others in zip(
        first.gaussians.parameters(), second.gaussians.parameters(), strict=True
    ):
        np.testing.assert_array_equal(values, others)


def test_other_settings_are_named(make_fit, tmp_path):
    save_fit(tmp_path / "fit.npz", make_fit(), SETTINGS)
    with pytest.raises(
        OptionError, match=r"fit.npz is of a fit with other settings \(new, steps\)"
    ):
        load_fit(tmp_path / "fit.npz", make_fit(), {**SETTINGS, "steps": 8, "new": 1})


def cut(path):
    path.write_bytes(path.read_bytes()[:-900])


def change_bytes(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def write_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def leave_out_settings(path):
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files if name != "settings"}
    np.savez(path, **arrays)


def leave_out_an_array(path):
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files if name != "first_2"}
    np.savez(path, **arrays)


def write_settings_of_another_kind(path):
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    np.savez(path, **{**arrays, "settings": np.array("[1]")})


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        change_bytes,
        write_array,
        leave_out_settings,
        leave_out_an_array,
        write_settings_of_another_kind,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("no state"),
        lambda path: path.unlink(),
    ],
)
def test_a_damaged_file_is_refused(make_fit, tmp_path, damage):
    path, fit = tmp_path / "fit.npz", make_fit()
    save_fit(path, fit, SETTINGS)
    damage(path)
    with pytest.raises(FileError, match=r"fit.npz is damaged, .*; delete it to begin again"):
        load_fit(path, fit, SETTINGS)


def test_a_preview_shows_the_middle_measurement_beside_the_scene(make_fit):
    fit = make_fit()
    preview = preview_picture(fit)
    assert preview.shape == (12, 44)
    np.testing.assert_allclose(preview[0, :20], np.linspace(1, 0, 20), atol=1e-6)
    assert (preview[:, 20:24] == 1).all()
    predicted = fit.predicted_light(fit.observations[1])
    np.testing.assert_allclose(preview[:, 24:], predicted[0].clip(0, 1), atol=1e-6)


def test_a_preview_shows_a_picture_rather_than_a_window_of_spikes(make_fit):
    window = Observation((0.0,), np.zeros((1, 12, 20)), np.ones((1, 1, 1)), is_count=True)
    picture = np.full((12, 20), 0.75)
    fit = make_fit([*observe_pictures([picture], [(0.0,)]), window, window])
    np.testing.assert_allclose(preview_picture(fit)[:, :20], 0.75, atol=1e-6)


def test_a_preview_of_colours_and_of_a_mosaic(make_fit):
    colours = np.random.default_rng(0).random((12, 20, 3))
    preview = preview_picture(make_fit(observe_pictures([colours], [(0.0,)]), 3))
    np.testing.assert_allclose(preview[:, :20], colours, atol=1e-6)
    pattern = bayer_pattern(12, 20)
    target = np.full((3, 12, 20), 0.25, np.float16)
    fit = make_fit([Observation((0.0,), target, pattern, is_count=True)], 3)
    preview = preview_picture(fit)
    assert preview.shape == (12, 44)
    np.testing.assert_allclose(preview[:, :20], 0.25)
    red = fit.predicted_light(fit.observations[0])[0, 6, 10]
    assert preview[6, 34] == pytest.approx(float(np.clip(red, 0, 1)), abs=1e-6)
