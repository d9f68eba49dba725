"""Every test here computes on one thread."""

import pytest


@pytest.fixture(autouse=True)
def _on_one_thread(one_thread):
    pass


@pytest.fixture
def spikegen(spikegen):
    """Options that name SpikeGen and its autoencoder of random weights."""
    weights, autoencoder = spikegen
    return {"weights": weights, "autoencoder": autoencoder}
