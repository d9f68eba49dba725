from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.app.film import Film

SAMPLING = {"mix": 0.5, "samples": 3, "steps": 2, "seed": 1}
KINDS = ("mean", "spread", "sample 1", "sample 2", "sample 3")


@pytest.fixture
def weights(spikegen):
    return {"weights": spikegen[0], "autoencoder": spikegen[1]}


@pytest.fixture
def stream(spikes):
    return sc.SpikeStream.from_array(spikes(60, 16, 24))


@pytest.fixture
def dark(spikes):
    return sc.SpikeStream.from_array(spikes(60, 16, 24, rate=0.02))


@pytest.fixture
def blur(tmp_path):
    colours = np.random.default_rng(0).random((32, 48, 3), np.float32)
    sc.save(tmp_path / "blur.png", colours)
    return tmp_path / "blur.png"


def made(folder, blur, stream, weights, frames=(20, 30)):
    options = {"method": "spikegen", **weights, "sampling": SAMPLING}
    film = Film(folder, blur, stream, frames, (0, 60), options)
    film.make()
    return film


def drawn(blur, stream, weights, frames=(20, 30)):
    return list(
        sc.generate_frames(
            blur,
            stream,
            frames=frames,
            exposure=None if blur is None else (0, 60),
            **SAMPLING,
            **weights,
        )
    )


def levels(held, path):
    path.write_bytes(held)
    return np.asarray(Image.open(path))


def test_a_film_of_samples_keeps_their_mean_spread_and_each(tmp_path, blur, stream, weights):
    film = made(tmp_path / "film", blur, stream, weights)
    assert film.made == [20, 30]
    assert film.kinds == KINDS
    expected = drawn(blur, stream, weights)
    assert film.white == pytest.approx(max(np.quantile(one.spread, 0.995) for one in expected))
    assert film.white > 0.02
    for number, one in zip(film.made, expected, strict=True):
        assert film.shown(number) == pytest.approx(one.mean, abs=1 / 500)
        assert film.shown(number, "sample 2") == pytest.approx(one.samples[1], abs=1 / 500)
        seen = levels(film.png(number, "spread"), tmp_path / "seen.png")
        stretched = np.minimum(one.spread / film.white, 1) * 255
        assert seen == pytest.approx(stretched, abs=0.6)
    with ZipFile(film.take("png", 12)) as file:
        assert file.namelist() == ["000020.png", "000030.png"]
        assert file.read("000030.png") == film.path(30, "mean").read_bytes()
    sc.save(tmp_path / "truth.png", expected[0].samples[2])
    assert film.score(20, tmp_path / "truth.png", "sample 3")["psnr"] > 50
    assert film.score(20, tmp_path / "truth.png")["psnr"] < 50


def test_one_sample_has_no_spread(tmp_path, blur, stream, weights):
    options = {"method": "spikegen", **weights, "sampling": {"samples": 1, "steps": 1}}
    film = Film(tmp_path / "film", blur, stream, [20], (0, 60), options)
    film.make()
    assert film.kinds == ("mean",)


def test_firing_rates_of_spikes_alone_are_seen_in_the_dark(tmp_path, dark, weights):
    film = made(tmp_path / "film", None, dark, weights)
    expected = drawn(None, dark, weights)
    means = np.stack([one.mean for one in expected])
    assert film.shown(20).shape == (16, 24)
    # Alike in all frames, from the lowest first percentile to the highest last.
    black = min(np.percentile(one, 1) for one in means)
    white = max(np.percentile(one, 99) for one in means)
    for number, one in zip(film.made, expected, strict=True):
        for kind, picture in (("mean", one.mean), ("sample 1", one.samples[0])):
            stretched = np.clip((picture - black) / (white - black), 0, 1)
            seen = levels(film.png(number, kind), tmp_path / "seen.png")
            assert seen == pytest.approx(stretched * 255, abs=1)
    # What is kept are the rates.
    assert sc.read_picture(film.path(20)) == pytest.approx(means[0], abs=1e-5)
    assert sc.count_frames(film.take("mp4", 12)) == 2
    with ZipFile(film.take("png", 12)) as file:
        assert file.read("000020.png") == film.png(20)
    with pytest.raises(sc.OptionError, match="rates"):
        film.score(20, film.path(20))


def test_other_methods_need_a_blurry_picture(tmp_path, stream):
    with pytest.raises(sc.OptionError, match="choose a blurry picture"):
        Film(tmp_path, None, stream, [20], (0, 60), {"method": "sdm"})


def test_what_cannot_be_drawn_is_an_error_and_frees_the_film(tmp_path, blur, stream, weights):
    options = {"method": "spikegen", **weights, "sampling": {"samples": 0}}
    film = Film(tmp_path / "film", blur, stream, [20], (0, 60), options)
    with pytest.raises(sc.OptionError, match="samples are at least 1"):
        film.make()
    assert film.made == []
    film.remove()
