"""Every method that runs on a device gives there what it gives on the processor."""

import numpy as np
import pytest

import spikecam as sc
from spikecam.networks.architecture import architecture_kinds, find_architecture

pytestmark = pytest.mark.gpu

# Devices compute in bfloat16 where that is fast, others in float32: results agree to this, in dB.
MIN_AGREEMENT = 35.0


def methods_with_a_device():
    return [
        method
        for takes in sc.Takes
        if takes is not sc.Takes.SPIKES_AT_TWO_FRAMES
        for method in sc.all_methods(takes)
        if "device" in method.option_names and method.has_weights
    ]


@pytest.fixture(scope="module")
def scene():
    """A blurry picture, its spikes and their exposure: a photograph of scikit-image in motion."""
    from spikecam.bench.synthetic_set import make_sequences

    sequence = make_sequences(61, (10, 51), 1)[0]
    frames = sequence.frames[:, :128, :160]
    spikes = sc.simulate([sc.quarter_gray(frame) for frame in frames], seed=0, exposure=(10, 51))
    return frames[10:51].mean(axis=0).astype(np.float32) / 255, spikes


@pytest.mark.parametrize("method", methods_with_a_device(), ids=lambda method: method.name)
def test_a_device_gives_the_same_picture(device, method, scene):
    blur, spikes = scene

    def picture(where):
        if method.takes is sc.Takes.SPIKES:
            window = {"window": 51} if "window" in method.option_names else {}
            return sc.reconstruct(spikes, 30, method.name, device=where, **window)
        if method.takes is sc.Takes.SPIKES_AND_PICTURE:
            return sc.deblur(blur, spikes, at=30, method=method.name, device=where)
        return sc.generate(blur, spikes, at=30, method=method.name, device=where, steps=1).mean

    there, here = picture(device), picture("cpu")
    assert there.shape == here.shape
    assert sc.psnr(there, here, data_range=1) > MIN_AGREEMENT


def test_every_network_of_ours_is_of_a_method():
    """So that all that ship are run above; SpikeGen brings its autoencoder."""
    kinds = {
        kind for takes in sc.Takes for method in sc.all_methods(takes) for kind in method.networks
    }
    ours = {kind for kind in architecture_kinds() if find_architecture(kind).published is None}
    assert ours <= kinds | {"autoencoder"}
