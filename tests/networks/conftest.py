"""What tests of networks share: state dicts under the names of their authors."""

import re

import pytest

from spikecam.networks.architecture import count_layers


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
