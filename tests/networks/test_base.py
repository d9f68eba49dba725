import pytest
import torch

import spikecam as sc
from spikecam.networks.base import BaseNet
from spikecam.networks.configs.base import BaseConfig
from spikecam.weights.published import convert_published


@torch.no_grad()
def test_it_gives_what_its_authors_gave(parity, agree):
    state, held = parity("zoo/base")
    architecture, config, weights = convert_published(state)
    assert (architecture.kind, config) == ("base", BaseConfig())
    network = BaseNet()
    network.load_state_dict(weights)
    assert sum(p.numel() for p in network.parameters()) == 180_705
    assert agree(network(held["input.0"].float()), held["output"])


@torch.no_grad()
def test_another_width_is_known_by_its_shapes(authors_state):
    network = BaseNet(BaseConfig(window=7, widths=(3, 5, 4, 2)))
    architecture, config, weights = convert_published(authors_state("base", network))
    assert (architecture.kind, config) == ("base", network.config)
    assert weights.keys() == network.state_dict().keys()
    assert network(torch.rand(2, 7, 5, 3)).shape == (2, 1, 5, 3)


def test_other_weights_are_refused(authors_state):
    state = authors_state("base", BaseNet(BaseConfig(widths=(3, 5, 4, 2))))
    with pytest.raises(sc.FileError, match=r"base have no seq\.5\.weight"):
        convert_published({**state, "seq.5.weight": torch.zeros(1)})
    del state["seq.1.0.bias"]
    with pytest.raises(sc.FileError, match=r"chain\.2\.bias of BaseNet is missing"):
        convert_published(state)
    with pytest.raises(sc.OptionError, match="widths are 4 numbers of at least 1"):
        BaseConfig(widths=(64,))
