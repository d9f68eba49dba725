import numpy as np

import spikecam as sc
from spikecam.deblurring.methods.ldn import METHOD
from spikecam.networks.configs.ldn import LDNConfig
from spikecam.networks.ldn import LDN


def test_a_recording_of_one_row(spikes):
    stream = sc.SpikeStream.from_array(spikes(60, 1, 5))
    assert sc.deblur(np.zeros((4, 20)), stream, at=30, method="ldn").shape == (4, 20)


def test_the_window_is_that_of_the_weights(spikes, tmp_path):
    """A network of another window: frames are chosen, and refused, by what its file says."""
    stream = sc.SpikeStream.from_array(spikes(31, 4, 5))
    network = LDN(LDNConfig(window=9, width=4, reduction=4, blocks=1))
    path = tmp_path / "short.safetensors"
    sc.save_weights(path, network, sc.Card("test", "", "", "", "", "", (), ""))
    assert METHOD.window(METHOD.parse_options({"weights": path}), stream) == 9
    assert METHOD.window(METHOD.parse_options({}), stream) == 21
    blur = np.zeros((16, 20))
    assert len(list(sc.deblur_frames(blur, stream, method="ldn", weights=path))) == 23
