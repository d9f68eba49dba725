"""Reader of recordings for napari, which needs neither napari nor Qt."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import spikecam as sc
from spikecam import sample
from spikecam.napari_plugin.layers import contrast_limits
from spikecam.napari_plugin.reader import get_reader, read_sample


@pytest.mark.parametrize("suffix", [".dat", ".h5", ".npz", ".zarr"])
def test_a_recording_is_a_layer_of_spikes_below_one_of_its_rate(spikes, tmp_path, suffix):
    stream = sc.SpikeStream.from_array(spikes(60, 6, 9))
    path = tmp_path / f"car{suffix}"
    sc.save(path, stream)
    (data, about, kind), (rate, about_rate, kind_of_rate) = get_reader(str(path))(str(path))
    assert kind == kind_of_rate == "image"
    assert np.array_equal(np.asarray(data[30]), stream[30])
    assert (data.shape, data.ndim, data.dtype) == ((60, 6, 9), 3, np.uint8)
    assert about["name"] == f"car{suffix} spikes"
    # The rate of a frame lies at that frame.
    assert about_rate["translate"] == (20, 0, 0)
    assert rate.shape == (20, 6, 9)
    assert np.array_equal(rate[5], sc.reconstruct(stream, 25, "tfp"))
    low, high = about_rate["contrast_limits"]
    assert 0 < low < high < 1


def test_several_recordings_are_opened_together(spikes, tmp_path):
    paths = [str(tmp_path / f"{name}.dat") for name in "ab"]
    for path in paths:
        sc.save(path, sc.SpikeStream.from_array(spikes(9, 6, 9)))
    layers = get_reader(paths)(paths)
    assert [about["name"] for _, about, _ in layers] == [
        "a.dat spikes",
        "a.dat rate",
        "b.dat spikes",
        "b.dat rate",
    ]
    # In a recording that is shorter than the usual window, that of the whole.
    assert layers[1][0].shape == (1, 6, 9)


def test_other_files_are_left_to_others():
    assert get_reader("cells.tif") is None
    assert get_reader(["car.dat", "cells.tif"]) is None


def test_a_raw_file_without_a_size_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "bare.dat"
    shutil.copyfile(sample.SPIKES, path)
    with pytest.raises(sc.GeometryError, match="does not say its width and height"):
        get_reader(path)(path)


def test_the_sample_is_the_bus():
    (data, _, _), _ = read_sample()
    assert data.shape == (137, 180, 320)
    assert Path(sample.SPIKES).is_file()


def test_the_contrast_is_that_of_the_middle(steady):
    rates = np.full((4, 50), 0.2)
    rates[:, 25:] = 0.6
    low, high = contrast_limits(steady(rates, 100))
    assert low == pytest.approx(0.2, abs=0.03)
    assert high == pytest.approx(0.6, abs=0.03)
