"""Checkpoints that others wrote, turned into ours: the one place where anything is unpickled."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from spikecam.errors import FileError
from spikecam.io.paths import PathLike, existing_file
from spikecam.weights.card import Card
from spikecam.weights.published import from_published
from spikecam.weights.store import empty, filled, save_weights

_PREFIX = "module."  # of networks that were trained on several devices


def import_weights(path: PathLike, out: PathLike) -> Card:
    """Turn a checkpoint of the published BSN, EDSR or LDN into a file of weights.

    Args:
        path: what ``torch.save`` wrote: a state dict, alone or with other things in a dict. It is
            read as data; no code in it is run. A .safetensors file of the same does as well.
        out: a .safetensors file.

    Returns:
        The card that was written.

    Raises:
        FileError: damaged, with more than weights in it, or of another network.
        OutputError: ``out`` cannot be written.
    """
    path, out = existing_file(path), Path(out)
    state = read_state(path)
    try:
        network, weights = from_published(state)
        module = filled(empty(network), weights)
    except FileError as error:
        raise FileError(
            f"{path}: {error}; expected BSN, EDSR or LDN as SpikeReveal's authors released them"
        ) from error
    card = Card(
        name=out.stem,
        summary=f"Weights of {type(module).__name__} from {path.name}",
        data="what its authors say",
        recipe="imported",
        commit="none",
        licence="that of its authors",
        scores=(),
        limits="not measured by spikecam",
    )
    save_weights(out, module, card)
    return card


def read_state(path: Path) -> dict[str, Tensor]:
    """The one set of weights in a foreign file, ``torch.save``'s or .safetensors, read as data.

    Raises:
        FileError: it is damaged, or holds none, several, or more than weights.
    """
    return _state(path, _held(path))


def _held(path: Path) -> Any:
    """What a file holds, read without running what it says."""
    try:
        with path.open("rb") as file:
            pickled = file.read(1) == b"\x80"  # as torch.save wrote before PyTorch 1.6
        if not pickled and not zipfile.is_zipfile(path):
            return load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong with the file is said below
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise FileError(
            f"{path} holds more than weights, or is damaged; have its state dict saved alone, "
            "with torch.save"
        ) from error
    except (SafetensorError, OSError) as error:
        raise FileError(f"{path} is damaged, or no checkpoint; get it again") from error
    except Exception as error:  # damage makes torch.load raise nearly anything
        raise FileError(f"{path} is damaged, or no checkpoint of PyTorch; get it again") from error


def _state(path: Path, held: Any) -> dict[str, Tensor]:
    """The one state dict in what a file holds."""
    parts = list(held.values()) if isinstance(held, Mapping) else []
    states = [one for one in (held, *parts) if _is_state(one)]
    if len(states) != 1:
        raise FileError(
            f"{path} holds {len(states) or 'no'} sets of weights; expected one state dict, alone "
            "or in a dict"
        )
    state = states[0]
    if all(name.startswith(_PREFIX) for name in state):
        return {name.removeprefix(_PREFIX): values for name, values in state.items()}
    return dict(state)


def _is_state(held: Any) -> bool:
    return (
        isinstance(held, Mapping)
        and len(held) > 0
        and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in held.items())
    )
