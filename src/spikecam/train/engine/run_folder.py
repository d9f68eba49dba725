"""The folder of a run: its settings, its checkpoint, and whether a run may go on in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from spikecam.errors import FileError, OutputError
from spikecam.io.atomic import atomic_path, check_output_folder, remove_leftovers

CONFIG, CHECKPOINT, METRICS, PICTURES = "config.json", "last.ckpt", "metrics.csv", "pictures"
# Scenes that were made of the pairs themselves.
PSEUDO = "pseudo"


def check_run_settings(run_folder: Path, settings: Mapping[str, Any]) -> None:
    """Refuse a folder whose run has other settings, or that holds anything but a run.

    Raises:
        OutputError: it does; the message says which settings differ.
        FileError: its settings cannot be read.
    """
    path = run_folder / CONFIG
    if run_folder.is_file():
        raise OutputError(f"{run_folder} is a file; a run needs a folder, under another name")
    if not path.exists():
        if not (run_folder / PSEUDO).exists():
            remove_leftovers(run_folder)
            check_output_folder(run_folder)
        return
    try:
        begun = json.loads(path.read_text(encoding="utf-8"))["settings"]
        differing = sorted(_flatten_settings(begun).items() ^ _flatten_settings(settings).items())
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise FileError(f"{path} holds no settings of a run; name a new folder") from error
    if differing:
        name = differing[0][0]
        before, now = (_flatten_settings(one).get(name, "none") for one in (begun, settings))
        raise OutputError(
            f"{run_folder} was begun with other settings, {name} {before} and not {now}; repeat "
            "those, "
            "or name a new folder"
        )


def write_run_settings(
    run_folder: Path, settings: Mapping[str, Any], environment: Mapping[str, Any]
) -> None:
    """Write the settings and environment of a run to its folder, unless it is resumed."""
    if not (run_folder / CONFIG).exists():
        with atomic_path(run_folder / CONFIG) as temporary:
            text = json.dumps({"settings": settings, "begun": environment}, indent=2)
            temporary.write_text(text + "\n", encoding="utf-8")
    remove_leftovers(run_folder)


def steps_and_epochs_of_checkpoint(checkpoint_path: Path, module: nn.Module) -> tuple[int, int]:
    """Steps and epochs after which a checkpoint of a module was written.

    Raises:
        FileError: it is damaged, or of another network.
    """
    checkpoint = load_checkpoint(checkpoint_path)
    shapes = {name: values.shape for name, values in checkpoint["state_dict"].items()}
    if shapes != {name: values.shape for name, values in module.state_dict().items()}:
        raise FileError(
            f"{checkpoint_path} is of another network; repeat its settings, or name a new folder"
        )
    return int(checkpoint["global_step"]), int(checkpoint["epoch"]) + 1


def load_checkpoint(checkpoint_path: Path) -> dict[str, Any]:
    """Load a checkpoint.

    Raises:
        FileError: it is damaged.
    """
    try:
        checkpoint: dict[str, Any] = torch.load(
            checkpoint_path, map_location="cpu", weights_only=True
        )
        dict(checkpoint["state_dict"]), int(checkpoint["global_step"]), int(checkpoint["epoch"])
    except Exception as error:  # damage makes torch.load raise nearly anything
        raise FileError(
            f"{checkpoint_path} is damaged, or no checkpoint; put back a copy, or begin in "
            "another folder"
        ) from error
    return checkpoint


def _flatten_settings(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flatten nested settings to texts by their full names."""
    flat: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flatten_settings(value, f"{prefix}{name} ")
        else:
            flat[prefix + name] = json.dumps(value)
    return flat
