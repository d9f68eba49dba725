import sys
from types import SimpleNamespace

import numpy as np
import pytest

import spikecam as sc
from spikecam.metrics import learned

PICTURE = np.random.default_rng(0).random((20, 30)).astype(np.float32)


@pytest.fixture
def pyiqa(monkeypatch):
    """A package of that name whose metrics tell what they were given."""
    given = []

    def create(name, device):
        def metric(*pictures):
            given.append((name, pictures))
            return pictures[0].mean()

        return metric

    learned._load_pyiqa_metric.cache_clear()
    monkeypatch.setitem(sys.modules, "pyiqa", SimpleNamespace(create_metric=create))
    yield given
    learned._load_pyiqa_metric.cache_clear()


def test_pictures_are_given_in_colour_and_from_zero_to_one(pyiqa):
    levels = (255 * PICTURE).astype(np.uint8)
    value = sc.lpips(levels, levels, data_range=255)
    ((name, pictures),) = pyiqa
    assert name == "lpips-vgg"
    assert [tuple(one.shape) for one in pictures] == [(1, 3, 20, 30)] * 2
    assert value == pytest.approx(PICTURE.mean(), abs=0.01)


def test_those_without_truth_take_one_picture(pyiqa):
    for metric in (sc.niqe, sc.brisque, sc.liqe):
        metric(PICTURE, data_range=1)
    assert [name for name, _ in pyiqa] == ["niqe", "brisque", "liqe"]
    assert all(len(pictures) == 1 for _, pictures in pyiqa)


def test_a_constant_picture_has_no_statistics(pyiqa):
    flat = np.full((20, 30), 0.5)
    for metric in (sc.niqe, sc.brisque):
        with pytest.raises(sc.OptionError, match="no meaning on a picture of one value"):
            metric(flat, data_range=1)
    assert sc.liqe(flat, data_range=1) == pytest.approx(0.5)


def test_a_value_that_is_none_is_an_error(pyiqa):
    sys.modules["pyiqa"].create_metric = lambda *_, **__: lambda *_: float("nan")
    with pytest.raises(sc.OptionError, match="NIQE has no value"):
        sc.niqe(PICTURE, data_range=1)


def test_pictures_that_a_metric_refuses_are_named(pyiqa):
    def refuses(*_):
        raise AssertionError("too small")

    sys.modules["pyiqa"].create_metric = lambda *_, **__: refuses
    with pytest.raises(
        sc.OptionError, match=r"NIQE cannot be computed on a picture of 30x20 \(too sm"
    ):
        sc.niqe(PICTURE, data_range=1)


def test_weights_that_cannot_be_had_are_said_plainly(pyiqa):
    def unreachable(*_, **__):
        raise OSError("no route to host\nand more")

    sys.modules["pyiqa"].create_metric = unreachable
    with pytest.raises(sc.FileError, match=r"weights of LIQE do not load \(no route to host\)"):
        sc.liqe(PICTURE, data_range=1)


def test_what_is_said_of_downloads_is_no_result(pyiqa, capsys):
    create = sys.modules["pyiqa"].create_metric

    def talks(*args, **options):
        print("Downloading")
        return create(*args, **options)

    sys.modules["pyiqa"].create_metric = talks
    sc.niqe(PICTURE, data_range=1)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Downloading\n")


def test_without_the_package_it_says_what_to_install(monkeypatch):
    learned._load_pyiqa_metric.cache_clear()
    monkeypatch.setitem(sys.modules, "pyiqa", None)
    with pytest.raises(sc.SpikecamError, match='pip install "pyiqa'):
        sc.niqe(PICTURE, data_range=1)


def test_a_package_that_does_not_load_is_no_traceback(monkeypatch, tmp_path):
    learned._load_pyiqa_metric.cache_clear()
    (tmp_path / "pyiqa.py").write_text("raise RuntimeError('operator does not exist')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pyiqa", raising=False)
    with pytest.raises(sc.SpikecamError, match=r"cannot be loaded here \(operator does"):
        sc.niqe(PICTURE, data_range=1)
