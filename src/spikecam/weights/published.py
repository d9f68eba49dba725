"""Names of the weights that the authors of SpikeReveal released, turned into ours.

Their checkpoints are plain state dicts of three networks. Their pictures have blue first, ours red:
the layers that see or make colours are turned once, here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch

from spikecam.errors import FileError
from spikecam.weights.store import check_fit, empty

# Their names by ours, as patterns; of each network the first is a layer that only it has.
_NAMES = {
    "ldn": (
        (r"blur_enc\.0", "blur_encoder.0"),
        (r"blur_enc2\.0", "blur_encoder.2"),
        (r"spike_enc\.0", "spike_encoder.0"),
        (r"spike_enc2\.0", "spike_encoder.2"),
        (r"ca\.fc\.0", "channels.squeeze"),
        (r"ca\.fc\.2", "channels.expand"),
        (r"sa\.conv1", "places.weigh"),
        (r"resBlock1\.conv_block\.0", "blocks.0.first"),
        (r"resBlock1\.conv_block\.3", "blocks.0.second"),
        (r"resBlock2\.conv_block\.0", "blocks.1.first"),
        (r"resBlock2\.conv_block\.3", "blocks.1.second"),
        (r"decoder1\.0", "decoder.0"),
        (r"decoder2\.0", "decoder.2"),
        (r"pred", "predict"),
    ),
    "edsr": (
        (r"sub_mean", "subtract_mean"),
        (r"add_mean", "add_mean"),
        (r"head\.0", "head"),
        (r"body\.16", "last"),
        (r"body\.(\d+)\.body\.0", r"blocks.\1.first"),
        (r"body\.(\d+)\.body\.2", r"blocks.\1.second"),
        (r"tail\.0\.(\d)", r"up.\1"),
        (r"tail\.1", "predict"),
    ),
    "bsn": (
        (r"nin_A", "mix.0"),
        (r"nin_B", "mix.2"),
        (r"nin_C", "mix.4"),
        *(
            (rf"unet\.{theirs}\.conv{i + 1}\.conv", f"unet.{ours}.{i}.conv")
            for theirs, ours, count in (
                ("enc1", "down1", 3),
                ("enc2", "down2", 3),
                ("enc3", "bottom", 3),
                ("dec2", "up1", 4),
                ("dec1", "up2", 4),
            )
            for i in range(count)
        ),
    ),
}


def from_published(state: Mapping[str, torch.Tensor]) -> tuple[str, dict[str, torch.Tensor]]:
    """The network that a released state dict is of, "ldn", "edsr" or "bsn", and its weights.

    Raises:
        FileError: it is of none of them, has names besides or too few, or does not fit.
    """
    layers = {name.rpartition(".")[0] for name in state}
    marks = {network: names[0][0] for network, names in _NAMES.items()}
    known = [n for n, mark in marks.items() if any(re.fullmatch(mark, one) for one in layers)]
    if not known:
        raise FileError("these weights are of no network that SpikeReveal's authors released")
    network, names = known[0], _NAMES[known[0]]
    renamed = {}
    for name, values in state.items():
        layer, _, kind = name.rpartition(".")
        for theirs, ours in names:
            if re.fullmatch(theirs, layer):
                renamed[f"{re.sub(theirs, ours, layer)}.{kind}"] = values
                break
        else:
            raise FileError(f"weights of {network} have no {name}; they are of something else")
    check_fit(empty(network), renamed)
    if network == "ldn":
        _turn_colours(renamed)
    return network, renamed


def _turn_colours(state: dict[str, torch.Tensor]) -> None:
    """From blue, green, red to red, green, blue, in place."""
    state["blur_encoder.0.weight"] = state["blur_encoder.0.weight"].flip(1)
    predict = state["predict.weight"].flip(0)
    state["predict.weight"] = torch.cat([predict[:, :3].flip(1), predict[:, 3:]], dim=1)
    state["predict.bias"] = state["predict.bias"].flip(0)
