"""What a run keeps in its folder, so that it can be told from others and go on."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from spikecam.errors import FileError, OutputError
from spikecam.io.atomic import atomic_path, check_folder

CONFIG, CHECKPOINT, MEASURES, PICTURES = "config.json", "last.ckpt", "metrics.csv", "pictures"
# Scenes that were made of the pairs themselves.
PSEUDO = "pseudo"


def check_run(folder: Path, settings: Mapping[str, Any]) -> None:
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
            clean(folder)
            check_folder(folder)
        return
    try:
        begun = json.loads(path.read_text(encoding="utf-8"))["settings"]
        differing = sorted(_flat(begun).items() ^ _flat(settings).items())
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise FileError(f"{path} holds no settings of a run; name a new folder") from error
    if differing:
        name = differing[0][0]
        was, now = (_flat(held).get(name, "none") for held in (begun, settings))
        raise OutputError(
            f"{folder} was begun with other settings, {name} {was} and not {now}; repeat those, "
            "or name a new folder"
        )


def begin(folder: Path, settings: Mapping[str, Any], made: Mapping[str, Any]) -> None:
    """Write down the settings of a run that begins, and how it was begun."""
    if not (folder / CONFIG).exists():
        with atomic_path(folder / CONFIG) as temporary:
            text = json.dumps({"settings": settings, "begun": made}, indent=2)
            temporary.write_text(text + "\n", encoding="utf-8")
    clean(folder)


def clean(folder: Path) -> None:
    """Remove what a run left that was killed while it wrote, see `atomic_path`."""
    for name in map(Path, (CONFIG, CHECKPOINT, MEASURES)):
        for part in folder.glob(f".{name.stem}.[0-9]*.part{name.suffix}"):
            part.unlink(missing_ok=True)


def reached(path: Path, module: nn.Module) -> tuple[int, int]:
    """The steps and epochs after which a checkpoint was written, if it is one of ``module``.

    Raises:
        FileError: it is damaged, or of another network.
    """
    held = kept(path)
    shapes = {name: values.shape for name, values in held["state_dict"].items()}
    if shapes != {name: values.shape for name, values in module.state_dict().items()}:
        raise FileError(f"{path} is of another network; repeat its settings, or name a new folder")
    return int(held["global_step"]), int(held["epoch"]) + 1


def kept(path: Path) -> dict[str, Any]:
    """What a checkpoint holds.

    Raises:
        FileError: it is damaged.
    """
    try:
        held: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        dict(held["state_dict"]), int(held["global_step"]), int(held["epoch"])
    except Exception as error:  # damage makes torch.load raise nearly anything
        raise FileError(
            f"{path} is damaged, or no checkpoint; put back a copy, or begin in another folder"
        ) from error
    return held


def last_measures(folder: Path) -> dict[str, float]:
    """The latest value of every measure of validation."""
    path = folder / MEASURES
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) == 3]
    return {name: float(value) for _, name, value in rows if name.startswith("val/")}


def _flat(settings: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Settings in settings by their whole names, as text."""
    flat: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{before}{name} ")
        else:
            flat[before + name] = json.dumps(value)
    return flat
