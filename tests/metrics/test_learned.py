import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import spikecam as sc
from spikecam.metrics import learned
from spikecam.metrics.lpips_network import LPIPS

# Indices of the convolutions of VGG-16 in torchvision.
VGG = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
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
    sc.liqe(PICTURE, data_range=1)
    ((name, pictures),) = pyiqa
    assert name == "liqe"
    assert len(pictures) == 1


def test_a_value_that_is_none_is_an_error(pyiqa):
    sys.modules["pyiqa"].create_metric = lambda *_, **__: lambda *_: float("nan")
    with pytest.raises(sc.OptionError, match="LIQE has no value"):
        sc.liqe(PICTURE, data_range=1)


def test_pictures_that_a_metric_refuses_are_named(pyiqa):
    def refuses(*_):
        raise AssertionError("too small")

    sys.modules["pyiqa"].create_metric = lambda *_, **__: refuses
    with pytest.raises(
        sc.OptionError, match=r"LIQE cannot be computed on a picture of 30x20 \(too sm"
    ):
        sc.liqe(PICTURE, data_range=1)


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
    sc.liqe(PICTURE, data_range=1)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Downloading\n")


def test_without_the_package_it_says_what_to_install(monkeypatch):
    learned._load_pyiqa_metric.cache_clear()
    monkeypatch.setitem(sys.modules, "pyiqa", None)
    with pytest.raises(sc.SpikecamError, match='pip install "pyiqa'):
        sc.liqe(PICTURE, data_range=1)


def test_a_package_that_does_not_load_is_no_traceback(monkeypatch, tmp_path):
    learned._load_pyiqa_metric.cache_clear()
    (tmp_path / "pyiqa.py").write_text("raise RuntimeError('operator does not exist')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pyiqa", raising=False)
    with pytest.raises(sc.SpikecamError, match=r"cannot be loaded here \(operator does"):
        sc.liqe(PICTURE, data_range=1)


@pytest.fixture
def lpips_file(tmp_path):
    network = LPIPS()
    state, convolutions = {}, [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    for index, convolution in zip(VGG, convolutions, strict=True):
        state[f"features.{index}.weight"] = convolution.weight.detach()
        state[f"features.{index}.bias"] = convolution.bias.detach()
    for index, weight in enumerate(network.weights):
        state[f"lin{index}.model.1.weight"] = torch.ones_like(weight)
    save_file(state, tmp_path / "lpips.safetensors")
    return tmp_path / "lpips.safetensors"


def test_lpips_reads_weights_of_a_file_without_pyiqa(lpips_file, monkeypatch):
    learned._load_pyiqa_metric.cache_clear()
    monkeypatch.setitem(sys.modules, "pyiqa", None)
    other = 1 - PICTURE
    assert sc.lpips(PICTURE, PICTURE, data_range=1, weights=[lpips_file]) == 0
    value = sc.lpips(PICTURE, other, data_range=1, weights=[lpips_file])
    assert value > 0
    scored = sc.score(PICTURE, other, ["lpips", "psnr"], lpips_weights=[lpips_file])
    assert scored["lpips"] == pytest.approx(value)
    with pytest.raises(sc.OptionError, match="at least 16 pixels a side"):
        sc.lpips(PICTURE[:15], PICTURE[:15], data_range=1, weights=[lpips_file])
    with pytest.raises(sc.SpikecamError, match="pyiqa is not installed"):
        sc.lpips(PICTURE, other, data_range=1)
