"""What the package is measured against does the same workload."""

import numpy as np
import torch

import spikecam as sc
from spikecam.bench import reference_implementations as plain_versions


def test_references_give_the_same_pictures(spikes):
    array = spikes(80, 6, 9, rate=0.25)
    stream, tensor = sc.SpikeStream.from_array(array), torch.from_numpy(array)
    assert np.allclose(
        list(sc.reconstruct_frames(stream, "tfp", window=9)), list(plain_versions.tfp(array, 9))
    )
    for ours, plain in zip(
        sc.reconstruct_frames(stream, "tfstp"), plain_versions.tfstp(tensor), strict=True
    ):
        assert np.allclose(ours, plain.clamp(max=1), rtol=1e-4)
    ours, plain = (
        list(sc.reconstruct_frames(stream, "tfi", reach=20)),
        list(plain_versions.tfi(tensor, 20)),
    )
    # At the recording's ends ours knows more than the search does.
    assert np.allclose(ours[30:50], torch.stack(plain)[30:50])


def test_plain_sdm_gives_the_same_pictures(spikes):
    array = spikes(80, 6, 9, rate=0.5)
    # Nothing is clipped, which SDM would fill.
    blur = 0.9 * np.random.default_rng(1).random((24, 36, 3)).astype(np.float32)
    stream = sc.SpikeStream.from_array(array)
    frames = range(30, 50, 5)
    ours = sc.deblur_frames(
        blur, stream, frames=frames, method="sdm", exposure=(20, 60), encoding="linear"
    )
    picture = torch.from_numpy(blur.transpose(2, 0, 1).copy())
    plain = plain_versions.sdm(picture, torch.from_numpy(array), frames, (20, 60))
    for one, other in zip(ours, plain, strict=True):
        assert np.allclose(one, other.permute(1, 2, 0), atol=2e-4)
