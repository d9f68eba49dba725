"""Weights that ship, and what files of weights say of themselves; nothing here needs torch.

A file of weights is a .safetensors file whose metadata holds ``format``, "spikecam-weights 1";
``network``, the name of one; ``config``, its configuration as JSON; and ``card``, a `Card` as JSON.
"""

from __future__ import annotations

import json
import math
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from spikecam.errors import FileError, OptionError
from spikecam.io.paths import PathLike, existing_file
from spikecam.weights.card import Card

FORMAT = 1
SUFFIX = ".safetensors"
_SHIPPED = Path(__file__).with_name("shipped")


@dataclass(frozen=True)
class Header:
    """What a file says of its weights; the configuration is JSON."""

    network: str
    config: str
    card: Card

    def metadata(self) -> dict[str, str]:
        """As it stands in the file."""
        return {
            "format": f"spikecam-weights {FORMAT}",
            "network": self.network,
            "config": self.config,
            "card": self.card.to_json(),
        }


def shipped_weights() -> dict[str, Path]:
    """The weights that ship with spikecam: their files, by name."""
    return {
        path.stem: path for path in sorted(_SHIPPED.glob(f"[!.]*{SUFFIX}"), key=lambda p: p.stem)
    }


def find_weights(path_or_name: PathLike) -> Path:
    """The file of weights that ship, or another one.

    What has a separator or ends in .safetensors is a path; anything else is the name of weights
    that ship if there are such, and else a path.

    Raises:
        FileError: a path at which there is no file to read.
        OptionError: neither a file nor a name.
    """
    text, shipped = os.fspath(path_or_name), shipped_weights()
    separators = [mark for mark in (os.sep, os.altsep) if mark]
    if text.lower().endswith(SUFFIX) or any(mark in text for mark in separators):
        return existing_file(text)
    if text in shipped:
        return shipped[text]
    if Path(text).is_file():
        return existing_file(text)
    names = ", ".join(shipped) or "(none)"
    raise OptionError(f"no weights are called {text!r}; give the path of a file, or one of {names}")


def read_card(path_or_name: PathLike) -> tuple[str, Card, int]:
    """What weights are of: the network's name, their card, and how many numbers they are.

    Raises:
        FileError: a file that does not exist, is damaged, or was not written by spikecam.
        OptionError: neither a file nor the name of weights that ship.
    """
    with opened(find_weights(path_or_name), "numpy") as (held, header):
        shapes = [held.get_slice(name).get_shape() for name in held.keys()]  # noqa: SIM118
        return header.network, header.card, sum(math.prod(shape) for shape in shapes)


def read_config(path_or_name: PathLike, network: str) -> dict[str, Any]:
    """The configuration in the header of weights, as far as the file states it, without torch.

    Raises:
        FileError: a file that cannot be read, or of another network.
        OptionError: neither a file nor the name of weights that ship.
    """
    path = find_weights(path_or_name)
    with opened(path, "numpy") as (_, header):
        if header.network != network:
            raise FileError(
                f"{path} holds weights of {header.network}, and those of {network} are needed; "
                "spikecam weights list says what ships"
            )
        try:
            config: dict[str, Any] = dict(json.loads(header.config))
        except (ValueError, TypeError) as error:
            raise FileError(
                f"{path} does not say how large its network is; get it again"
            ) from error
        return config


@contextmanager
def opened(path: Path, framework: str) -> Iterator[tuple[Any, Header]]:
    """The open file, whose tensors are those of ``framework``, and its header.

    Raises:
        FileError: it is damaged, or spikecam did not write it.
    """
    try:
        with safe_open(path, framework=framework) as held:
            yield held, _header(path, held.metadata() or {})
    except (SafetensorError, OSError) as error:
        if zipfile.is_zipfile(path):
            raise FileError(
                f"{path} is no {SUFFIX} file; if it is a foreign checkpoint, turn it with "
                "spikecam weights import"
            ) from error
        raise FileError(f"{path} is damaged, or no {SUFFIX} file at all; get it again") from error


def _header(path: Path, metadata: dict[str, str]) -> Header:
    said = re.fullmatch("spikecam-weights ([0-9]{1,9})", metadata.get("format", ""))
    if said is None:
        raise FileError(
            f"{path} was not written by spikecam; if it is a foreign checkpoint, turn it with "
            "spikecam weights import"
        )
    if int(said[1]) > FORMAT:
        raise FileError(
            f"{path} was written by a newer spikecam, in format {said[1]}; update yours"
        )
    try:
        card = Card.from_json(metadata["card"])
        return Header(metadata["network"], metadata["config"], card)
    except (KeyError, FileError) as error:
        raise FileError(f"{path} does not say what its weights are; get it again") from error
