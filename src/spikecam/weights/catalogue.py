"""Weights that ship, those of the user's own, and facts of any file of weights; without torch."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from safetensors import SafetensorError, safe_open

from spikecam.errors import FileError, OptionError
from spikecam.io.paths import PathLike, check_existing_file
from spikecam.networks.architecture import InputConfig, architecture_kinds, find_architecture
from spikecam.weights.card import Card
from spikecam.weights.header import WeightsHeader

SUFFIX = ".safetensors"
_SHIPPED = Path(__file__).with_name("shipped")
# Environment variable that names the folder of the user's own weights.
USER_FOLDER_VARIABLE = "SPIKECAM_WEIGHTS"
# Scores whose label begins so are times.
_SPEED_LABEL = "speed"


@dataclass(frozen=True)
class WeightsInfo:
    """Facts of a file of weights.

    Attributes:
        path: the file.
        network: kind of the network; methods say in ``Method.networks`` which kinds they take.
        parameters: how many numbers the weights are.
        card: their origin, scores and limits.
        config: configuration of the network.
        input_config: constants of its input.
    """

    path: Path
    network: str
    parameters: int
    card: Card
    config: Any
    input_config: InputConfig

    @property
    def name(self) -> str:
        """Name of the weights, if they are found by it; else their path."""
        has_name = named_weights().get(self.path.stem) == self.path
        return self.path.stem if has_name else str(self.path)

    @property
    def summary(self) -> str:
        """Summary of the weights in a line, from their card."""
        return self.card.summary

    @property
    def speed(self) -> str:
        """Speed of the network, from the scores of the card.

        It is "" where the card has none.
        """
        scores = (f"{label}: {value}" for label, value in self.card.scores)
        return next((score for score in scores if score.startswith(_SPEED_LABEL)), "")


def shipped_weights() -> dict[str, Path]:
    """The weights that ship with spikecam: their files, by name."""
    return _list_weights(_SHIPPED)


def user_weights_folder() -> Path:
    """Folder of the user's own weights, which may not exist.

    It is that of the environment variable SPIKECAM_WEIGHTS, or ``spikecam/weights`` among the data
    that the system keeps of a user's programs.
    """
    named = os.environ.get(USER_FOLDER_VARIABLE)
    return Path(named) if named else platformdirs.user_data_path("spikecam") / "weights"


def user_weights() -> dict[str, Path]:
    """The user's own weights: their files, by name."""
    return _list_weights(user_weights_folder())


def named_weights() -> dict[str, Path]:
    """All weights that are found by name; those that ship go before the user's own."""
    return {**user_weights(), **shipped_weights()}


def _list_weights(folder: Path) -> dict[str, Path]:
    paths = folder.glob(f"[!.]*{SUFFIX}") if folder.is_dir() else ()
    return {path.stem: path for path in sorted(paths, key=lambda path: path.stem)}


def find_weights_file(path_or_name: PathLike) -> Path:
    """Find the path of a file of weights, by its path or name.

    A text with a separator, or that ends in .safetensors, is a path; any other is the name of
    weights that ship or of the user's own if there are such, and else a path.

    Raises:
        FileError: a path at which there is no file to read.
        OptionError: neither a file nor a name.
    """
    text, named = os.fspath(path_or_name), named_weights()
    separators = [mark for mark in (os.sep, os.altsep) if mark]
    if text.lower().endswith(SUFFIX) or any(mark in text for mark in separators):
        return check_existing_file(text)
    if text in named:
        return named[text]
    if Path(text).is_file():
        return check_existing_file(text)
    if text in architecture_kinds():
        published = find_architecture(text).published
        source = f"get a checkpoint of {published.authors}" if published else "train some"
        command = "weights import CHECKPOINT" if published else "train"
        raise OptionError(
            f"no weights of {text} ship with spikecam: {source} (spikecam {command}), and keep "
            f"them as {user_weights_folder() / text}{SUFFIX}"
        )
    names = ", ".join(named) or "(none)"
    raise OptionError(f"no weights are called {text!r}; give the path of a file, or one of {names}")


def read_weights_info(
    path_or_name: PathLike, network: str | tuple[str, ...] | None = None
) -> WeightsInfo:
    """Read the facts of a file of weights, by its path or the name of weights that ship.

    Args:
        path_or_name: of a file, or the name of weights that ship.
        network: kind of the network, or kinds of which it must be one; None for any.

    Raises:
        FileError: a file that does not exist, is damaged, was not written by spikecam, or is of
            another network, or of a network or an input that this spikecam does not know.
        OptionError: neither a file nor the name of weights that ship, or no such network.
    """
    path = find_weights_file(path_or_name)
    with open_weights(path, "numpy") as (file, header):
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118
    check_network_kind(path, header, network)
    try:
        config, input_config = header.read_config(), header.read_input_config()
    except FileError as error:
        raise FileError(f"{path}: {error}") from error
    count = sum(math.prod(shape) for shape in shapes)
    return WeightsInfo(path, header.network, count, header.card, config, input_config)


def read_own_weights_info(weights: PathLike | None, kind: str) -> WeightsInfo:
    """Read the facts of weights of the user's own, by default those called as their network is.

    Raises:
        SpikecamError: as `read_weights_info`.
    """
    return read_weights_info(kind if weights is None else weights, kind)


def check_network_kind(
    path: Path, header: WeightsHeader, allowed_kinds: str | tuple[str, ...] | None = None
) -> None:
    """Refuse weights whose kind of network is unknown, or not one of those allowed.

    Raises:
        FileError: they are.
        OptionError: no network of a kind in ``allowed_kinds``.
    """
    kinds = (
        (allowed_kinds,)
        if isinstance(allowed_kinds, str)
        else allowed_kinds or architecture_kinds()
    )
    for kind in kinds:
        find_architecture(kind)
    if header.network not in architecture_kinds():
        raise FileError(
            f"{path} holds weights of a network {header.network!r}, and known are "
            f"{', '.join(architecture_kinds())}; update spikecam"
        )
    if header.network not in kinds:
        raise FileError(
            f"{path} holds weights of {header.network}, and those of {' or '.join(kinds)} are "
            "needed; spikecam weights list says what ships"
        )


@contextmanager
def open_weights(path: Path, tensor_framework: str) -> Iterator[tuple[Any, WeightsHeader]]:
    """Open a file of weights, and yield the file and its header.

    Its tensors are of the framework, "pt" or "numpy".

    Raises:
        FileError: it is damaged, or spikecam did not write it.
    """
    try:
        with safe_open(path, framework=tensor_framework) as file:
            yield file, WeightsHeader.from_metadata(path, file.metadata() or {})
    except (SafetensorError, OSError) as error:
        if zipfile.is_zipfile(path):
            raise FileError(
                f"{path} is no {SUFFIX} file; if it is a foreign checkpoint, convert it with "
                "spikecam weights import"
            ) from error
        raise FileError(f"{path} is damaged, or no {SUFFIX} file at all; get it again") from error
