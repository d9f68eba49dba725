"""The peer is left out with a line where it is not there; where it loads, it does the same."""

import sys
from importlib import metadata

import numpy as np
import pytest

from spikecam.bench.peer_toolbox import find_peer_workloads, prepare_peer
from spikecam.bench.workloads import all_workloads


@pytest.fixture
def pretend(tmp_path, monkeypatch):
    """Install a spikezoo with this code."""

    def install(code):
        (tmp_path / "spikezoo.py").write_text(code)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "spikezoo", raising=False)
        monkeypatch.setattr(metadata, "version", lambda name: "9.9")

    return install


def test_a_peer_that_is_not_installed_is_left_out(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    said = []
    assert find_peer_workloads(said.append) == {}
    assert len(said) == 1
    assert 'pip install "spikezoo' in said[0]


def test_a_peer_that_does_not_load_is_left_out(pretend):
    pretend("raise RuntimeError('no operator\\nof that name')")
    said = []
    assert find_peer_workloads(said.append) == {}
    assert said == [
        "no peer to compare with: spikezoo 9.9 does not load: "
        "RuntimeError: no operator of that name"
    ]


def test_a_peer_that_fails_is_left_out(pretend, tiny_inputs):
    pretend("")
    said = []
    peers = find_peer_workloads(said.append)
    assert set(peers) < {workload.name for workload in all_workloads()}
    assert [prepare_peer(peer, tiny_inputs, said.append) for peer in peers.values()] == [None] * 4
    assert len(said) == 5
    assert prepare_peer(None, tiny_inputs, said.append) is None
    assert len(said) == 5


def test_the_peer_reads_the_same_recording(tiny_inputs):
    peers = find_peer_workloads(lambda said: None)
    if not peers:
        pytest.skip("no spikezoo that loads")
    assert np.array_equal(peers["decode"](tiny_inputs)(), tiny_inputs.spike_array)
    for peer in peers.values():
        assert prepare_peer(peer, tiny_inputs, pytest.fail) is not None
