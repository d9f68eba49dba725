"""State dicts that the authors of networks released, with their names and values turned into ours.

What they look like is declared beside each network (`PublishedCheckpoint`): a layer by which it is
known, names of all its layers, how its sizes follow from the shapes, and what else is changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch

from spikecam.errors import FileError, OptionError
from spikecam.networks.architecture import (
    Architecture,
    PublishedCheckpoint,
    architecture_kinds,
    find_architecture,
)
from spikecam.weights.store import build_empty, check_fit

State = Mapping[str, torch.Tensor]


def published_architectures() -> list[Architecture]:
    """Networks of which others published checkpoints."""
    architectures = map(find_architecture, architecture_kinds())
    return [architecture for architecture in architectures if architecture.published]


def detect_published(state: State) -> Architecture:
    """The network that a released state dict is of.

    Raises:
        FileError: it is of none that is known.
    """
    layers = {name.rpartition(".")[0] for name in state}
    for architecture in published_architectures():
        assert architecture.published is not None
        if any(re.fullmatch(architecture.published.marker, layer) for layer in layers):
            return architecture
    known = ", ".join(architecture.kind for architecture in published_architectures())
    raise FileError(f"these weights are of no network that is known by its layers ({known})")


def from_published(state: State) -> tuple[Architecture, Any, dict[str, torch.Tensor]]:
    """Network, configuration and weights of a released state dict, under our names.

    The configuration follows from the shapes, so that variants of other sizes are known, too.

    Raises:
        FileError: it is of no network that is known, has names besides or too few, or does not fit.
    """
    architecture = detect_published(state)
    published = architecture.published
    assert published is not None
    weights = _rename(architecture.kind, published, state)
    shapes = {name: tuple(values.shape) for name, values in weights.items()}
    try:
        config = published.infer_config(shapes)
    except (LookupError, ArithmeticError, OptionError):
        # Parts are missing: what is there is compared with the default size, to name them.
        config = architecture.config()
    check_fit(build_empty(architecture, config), weights)
    if published.convert is not None:
        published.convert(weights)
    return architecture, config, weights


def _rename(kind: str, published: PublishedCheckpoint, state: State) -> dict[str, torch.Tensor]:
    """The same weights under our names."""
    renamed = {}
    for name, values in state.items():
        layer, _, parameter = name.rpartition(".")
        for pattern, template in published.layers:
            if re.fullmatch(pattern, layer):
                renamed[f"{re.sub(pattern, template, layer)}.{parameter}"] = values
                break
        else:
            raise FileError(f"weights of {kind} have no {name}; they are of something else")
    return renamed
