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
from spikecam.weights.store import build_without_weights, check_weights_fit

State = Mapping[str, torch.Tensor]

# By how much a constant in a checkpoint may differ, as a share of the largest; half precision does.
_CONSTANT_TOLERANCE = 1e-3


def list_published_architectures() -> list[Architecture]:
    """List the architectures of which others published checkpoints."""
    architectures = map(find_architecture, architecture_kinds())
    return [architecture for architecture in architectures if architecture.published]


def detect_architecture(state_dict: State) -> Architecture:
    """Detect the architecture of a released state dict.

    Raises:
        FileError: it is of none that is known.
    """
    layers = {name.rpartition(".")[0] for name in state_dict}
    for architecture in list_published_architectures():
        assert architecture.published is not None
        if any(re.fullmatch(architecture.published.marker, layer) for layer in layers):
            return architecture
    known = ", ".join(architecture.kind for architecture in list_published_architectures())
    raise FileError(f"these weights are of no network that is known by its layers ({known})")


def convert_published(state_dict: State) -> tuple[Architecture, Any, dict[str, torch.Tensor]]:
    """Convert a published state dict to ours: architecture, configuration and weights.

    The configuration follows from the shapes, so that variants of other sizes are known, too.

    Raises:
        FileError: it is of no network that is known, has names besides or too few, or does not fit.
    """
    architecture = detect_architecture(state_dict)
    published = architecture.published
    assert published is not None
    weights = _rename_weights(architecture.kind, published, state_dict)
    shapes = {name: tuple(values.shape) for name, values in weights.items()}
    try:
        config = published.infer_config(shapes)
    except (LookupError, ArithmeticError, OptionError):
        # Parts are missing: what is there is compared with the default size, to name them.
        config = architecture.config()
    check_weights_fit(build_without_weights(architecture, config), weights)
    if published.convert is not None:
        published.convert(weights)
    return architecture, config, weights


def _rename_weights(
    kind: str, published: PublishedCheckpoint, state_dict: State
) -> dict[str, torch.Tensor]:
    """Rename released weights to our names, without the entries that are not used."""
    renamed = {}
    for name, values in state_dict.items():
        if _is_unused(kind, published, name, values):
            continue
        layer, _, parameter = name.rpartition(".")
        for pattern, template in published.layers:
            if re.fullmatch(pattern, layer):
                renamed[f"{re.sub(pattern, template, layer)}.{parameter}"] = values
                break
        else:
            raise FileError(f"weights of {kind} have no {name}; they are of something else")
    return renamed


def _is_unused(kind: str, published: PublishedCheckpoint, name: str, values: torch.Tensor) -> bool:
    """Whether the network computes without an entry.

    Raises:
        FileError: it does, but the entry has other values than it has to have.
    """
    for pattern, expected_values in published.unused:
        if not re.fullmatch(pattern, name):
            continue
        if expected_values is not None:
            expected = torch.tensor(expected_values)
            tolerance = _CONSTANT_TOLERANCE * float(expected.abs().max())
            if values.numel() != expected.numel() or not torch.allclose(
                values.detach().to("cpu", torch.float32).flatten(), expected, 0.0, tolerance
            ):
                raise FileError(
                    f"{name} of {kind} follows from constants, and has other values; these "
                    "weights are of a variant that spikecam does not have"
                )
        return True
    return False
