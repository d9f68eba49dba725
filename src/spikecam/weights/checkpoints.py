"""Import of checkpoints that others wrote: the one place where anything is unpickled."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from spikecam.errors import FileError, OptionError
from spikecam.io.paths import PathLike, check_existing_file
from spikecam.networks.architecture import Architecture, InputConfig
from spikecam.networks.configs.scflow import SCFlowInputConfig
from spikecam.weights.card import Card
from spikecam.weights.published import convert_published, list_published_architectures
from spikecam.weights.store import build_without_weights, fill_weights, save_weights

# Of names of layers in networks that were trained on several devices.
_PARALLEL_PREFIX = "module."


def import_weights(path: PathLike, out: PathLike, *, spacing: int | None = None) -> Card:
    """Convert a published checkpoint, such as S-SDM's BSN, EDSR or LDN, to a file of weights.

    Its sizes are inferred from it: variants of another width or depth are imported as well.

    Args:
        path: what ``torch.save`` wrote: a state dict, alone or with other things in a dict. It is
            read as data; no code in it is run. A .safetensors file of the same does as well.
        out: a .safetensors file.
        spacing: frames between the two moments that a network of optical flow was trained for; by
            default as the name of the file says, such as dt20_e80.pth.tar of SCFlow, else 10.

    Returns:
        The card that was written.

    Raises:
        FileError: damaged, with more than weights in it, or of another network.
        OptionError: a spacing that cannot be, or of a network that has none.
        OutputError: ``out`` cannot be written.
    """
    path, out = check_existing_file(path), Path(out)
    state = read_state_dict(path)
    try:
        architecture, config, weights = convert_published(state)
        input_config = _input_config(architecture, path.name, spacing)
        module = fill_weights(build_without_weights(architecture, config, input_config), weights)
    except FileError as error:
        raise FileError(f"{path}: {error}; expected {_importable_networks()}") from error
    assert architecture.published is not None
    card = Card(
        name=out.stem,
        summary=f"Weights of {type(module).__name__} from {path.name}",
        data=f"what the authors of {architecture.published.authors} say",
        recipe="imported",
        commit="none",
        licence="that of its authors",
        scores=(),
        limits="not measured by spikecam",
    )
    save_weights(out, module, card)
    return card


def _input_config(
    architecture: Architecture, file_name: str, spacing: int | None
) -> InputConfig | None:
    """Constants of the input of a published network, by the name of its file or as given.

    None where the class of the network chooses them by its sizes.
    """
    published = architecture.published
    assert published is not None
    infer = published.infer_input_config
    config = None if infer is None else infer(file_name)
    if spacing is None:
        return config
    if not isinstance(config, SCFlowInputConfig):
        raise OptionError(f"{architecture.kind} has no spacing between two moments; leave it out")
    return replace(config, spacing=spacing)


def read_state_dict(checkpoint_path: Path) -> dict[str, Tensor]:
    """Read the state dict of a foreign checkpoint, as data alone.

    Raises:
        FileError: it is damaged, or holds none, several, or more than weights.
    """
    return _find_state_dict(checkpoint_path, _load_checkpoint(checkpoint_path))


def _load_checkpoint(path: Path) -> Any:
    """Load the contents of a checkpoint, without running code in it."""
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


def _find_state_dict(path: Path, contents: Any) -> dict[str, Tensor]:
    """Find the one state dict in the contents of a checkpoint."""
    parts = list(contents.values()) if isinstance(contents, Mapping) else []
    states = [part for part in (contents, *parts) if _is_state(part)]
    if len(states) != 1:
        raise FileError(
            f"{path} holds {len(states) or 'no'} sets of weights; expected one state dict, alone "
            "or in a dict"
        )
    state = states[0]
    if all(name.startswith(_PARALLEL_PREFIX) for name in state):
        return {name.removeprefix(_PARALLEL_PREFIX): values for name, values in state.items()}
    return dict(state)


def _is_state(contents: Any) -> bool:
    return (
        isinstance(contents, Mapping)
        and len(contents) > 0
        and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in contents.items())
    )


def _importable_networks() -> str:
    """Names of the networks whose checkpoints can be imported."""
    *names, last = (one.load_class().__name__ for one in list_published_architectures())
    return f"{', '.join(names)} or {last} as its authors released it"
