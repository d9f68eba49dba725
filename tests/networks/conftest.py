"""Networks with weights of others, and their state dicts under the names of their authors."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from spikecam.networks.architecture import count_layers, find_architecture
from spikecam.weights.checkpoints import read_state_dict
from spikecam.weights.published import convert_published
from spikecam.weights.store import build_without_weights, fill_weights


@pytest.fixture(scope="session")
def published_names():
    """Rename a state dict of ours to the authors' names, by the declared patterns backwards."""

    def rename(architecture, state):
        renamed = {}
        for name, values in state.items():
            layer, _, parameter = name.rpartition(".")
            renamed[f"{authors_layer(architecture, layer, state)}.{parameter}"] = values
        return renamed

    return rename


def authors_layer(architecture, layer, state):
    kind = architecture.kind
    if kind == "edsr" and layer == "last":
        return f"body.{count_layers(state, 'blocks')}"
    for pattern, template in architecture.published.layers:
        if "(" not in pattern and template == layer:
            return pattern.replace("\\", "")
        numbers = re.fullmatch(re.escape(template).replace(r"\\1", r"(\d+)"), layer)
        if "(" in pattern and numbers:
            return re.sub(r"\(.*?\)", numbers[1], pattern).replace("\\", "")
    raise AssertionError(layer)


@pytest.fixture
def converted(parity):
    """A network with the weights of a parity file, and all that the file holds."""

    def load(name):
        state, held = parity(f"zoo/{name}")
        architecture, config, weights = convert_published(state)
        network = fill_weights(build_without_weights(architecture, config), weights)
        inputs = {key: values.float() for key, values in held.items() if key.startswith("input")}
        return network, {**held, **inputs}

    return load


@pytest.fixture
def published_state(parity):
    """A random network of the parity file's depth, and its state under the authors' names."""

    def make(name, kind, **sizes):
        state, _ = parity(f"zoo/{name}")
        architecture, config, _ = convert_published(state)
        assert architecture.kind == kind
        torch.manual_seed(0)
        network = architecture.load_class()(replace(config, **sizes)).eval().requires_grad_(False)
        ours = network.state_dict()
        published = find_architecture(kind).published
        renamed = {}
        for entry in state:
            if any(re.fullmatch(pattern, entry) for pattern, _ in published.unused):
                continue
            layer, _, parameter = entry.rpartition(".")
            for pattern, template in published.layers:
                if re.fullmatch(pattern, layer):
                    renamed[entry] = ours[f"{re.sub(pattern, template, layer)}.{parameter}"]
                    break
        assert len(renamed) == len(ours)
        return network, renamed

    return make


@pytest.fixture
def released(data):
    """Path of a checkpoint that its authors released."""
    folder = Path(os.environ.get("SPIKECAM_PARITY", data.parent / "parity")) / "zoo" / "released"

    def find(name):
        if not (folder / name).exists():
            pytest.skip(f"no {name} in {folder}")
        return folder / name

    return find


@pytest.fixture
def deviation():
    """Largest deviation from what is expected, in its largest absolute value."""

    def measure(given, expected):
        assert given.shape == expected.shape
        return float((given - expected).abs().max() / expected.abs().max())

    return measure


@pytest.fixture
def released_with_outputs(released):
    """Checkpoints that authors released, and what their modules made of real spikes."""
    from safetensors.torch import load_file

    def load(checkpoint, outputs):
        held = load_file(released(f"{outputs}.safetensors"))
        return read_state_dict(released(checkpoint)), held

    return load


@pytest.fixture
def authors_state(published_names):
    """The state dict of a network under the names of its authors."""

    def rename(kind, network):
        return published_names(find_architecture(kind), network.state_dict())

    return rename


@pytest.fixture
def agree(deviation):
    """Whether two tensors have one shape, and differ by 1e-5 of the largest value at most."""

    def compare(given, expected):
        return deviation(given, expected) <= 1e-5

    return compare
