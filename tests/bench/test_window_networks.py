"""Sizes and times of networks of a window of spikes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.bench.benchmark import all_benchmarks
from spikecam.bench.speed_inputs import simulate_moving_pattern
from spikecam.bench.window_networks import (
    iter_plain_outputs,
    measure_window_network,
    measure_window_networks,
)
from spikecam.networks.architecture import find_architecture
from spikecam.reconstruction.window_network import find_window_network

CARD = sc.Card("random", "random", "none", "none", "none", "MIT", (), "none")


@pytest.mark.usefixtures("one_thread")
def test_products_are_counted():
    figures = measure_window_network("base", (16, 24), 1)
    assert figures.parameters == 180_705
    # Each weight of its convolutions, all but 273 biases, once a pixel.
    assert figures.macs == pytest.approx(16 * 24 * (figures.parameters - 273), rel=1e-6)
    assert min(figures.seconds, figures.plain_seconds) > 0


def test_a_row_has_what_was_published():
    lines = []
    (row,) = measure_window_networks(("base",), (16, 24), 1, lines.append)
    assert row["parameters, M"] == pytest.approx(0.180705)
    assert row["published PSNR on REDS-BASE"] == 36.59
    assert row["x plain"] > 0
    assert len(lines) == 1


@pytest.mark.parametrize("name", ["wgse", "spk2imgnet", "bsf"])
def test_the_plain_module_gives_the_same_pictures(name, tmp_path, one_thread):
    method = find_window_network(name)
    architecture = find_architecture(method.kind)
    torch.manual_seed(0)
    network = architecture.load_class()(replace(architecture.config(), width=8, blocks=1)).eval()
    sc.save_weights(tmp_path / "random.safetensors", network, CARD)
    stream, frames = simulate_moving_pattern(80, 16, 24), range(32, 47, 7)
    weights = tmp_path / "random.safetensors"
    ours = sc.reconstruct(stream, frames=frames, method=name, weights=weights)
    plain = [one[0, 0].numpy() for one in iter_plain_outputs(method, network, stream, frames)]
    assert np.ptp(plain) > 0
    np.testing.assert_allclose(ours, np.clip(plain, 0, 1), atol=1e-5)


def test_other_methods_are_refused():
    with pytest.raises(sc.OptionError, match="no network 'tfp' of a window of spikes"):
        all_benchmarks()["window-networks"].options(method=("tfp",))
