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


def check_run_folder(folder: Path, settings: Mapping[str, Any]) -> None:
    """Refuse a folder that holds anything but the beginning of this run.

    Raises:
        OutputError: it does; the message says which settings differ.
        FileError: its settings cannot be read.
    """
    path = folder / CONFIG
    if folder.is_file():
        raise OutputError(f"{folder} is a file; a run needs a folder, under another name")
    if not path.exists():
        if not (folder / PSEUDO).exists():
            remove_leftovers(folder)
            check_output_folder(folder)
        return
    try:
        begun = json.loads(path.read_text(encoding="utf-8"))["settings"]
        differing = sorted(_flatten(begun).items() ^ _flatten(settings).items())
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise FileError(f"{path} holds no settings of a run; name a new folder") from error
    if differing:
        name = differing[0][0]
        before, now = (_flatten(one).get(name, "none") for one in (begun, settings))
        raise OutputError(
            f"{folder} was begun with other settings, {name} {before} and not {now}; repeat those, "
            "or name a new folder"
        )


def start_run_folder(
    folder: Path, settings: Mapping[str, Any], environment: Mapping[str, Any]
) -> None:
    """Write the settings of a run that begins, and what else it was begun with."""
    if not (folder / CONFIG).exists():
        with atomic_path(folder / CONFIG) as temporary:
            text = json.dumps({"settings": settings, "begun": environment}, indent=2)
            temporary.write_text(text + "\n", encoding="utf-8")
    remove_leftovers(folder)


def checkpoint_progress(path: Path, module: nn.Module) -> tuple[int, int]:
    """The steps and epochs after which a checkpoint was written, if it is one of ``module``.

    Raises:
        FileError: it is damaged, or of another network.
    """
    checkpoint = load_checkpoint(path)
    shapes = {name: values.shape for name, values in checkpoint["state_dict"].items()}
    if shapes != {name: values.shape for name, values in module.state_dict().items()}:
        raise FileError(f"{path} is of another network; repeat its settings, or name a new folder")
    return int(checkpoint["global_step"]), int(checkpoint["epoch"]) + 1


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint.

    Raises:
        FileError: it is damaged.
    """
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        dict(checkpoint["state_dict"]), int(checkpoint["global_step"]), int(checkpoint["epoch"])
    except Exception as error:  # damage makes torch.load raise nearly anything
        raise FileError(
            f"{path} is damaged, or no checkpoint; put back a copy, or begin in another folder"
        ) from error
    return checkpoint


def _flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings by their full names, as text."""
    flat: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{name} ")
        else:
            flat[prefix + name] = json.dumps(value)
    return flat
