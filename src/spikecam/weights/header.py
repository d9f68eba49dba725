"""Header of a file of weights: which network they are of, its configuration, its input, and a card.

A file of weights is a .safetensors file whose metadata holds ``format``, "spikecam-weights 2";
``network``, the kind of an `Architecture`; ``config``, its configuration as JSON; ``input``, the
kind, the version and the constants of its input as JSON; and ``card``, a `Card` as JSON. Nothing
here needs torch.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from spikecam.errors import FileError, OptionError, SpikecamError
from spikecam.networks.architecture import Architecture, InputConfig, find_architecture
from spikecam.weights.card import Card

FORMAT = 2
# No size or count in a configuration is larger; a damaged file may hold anything.
_MAX_SIZE = 4096


@dataclass(frozen=True)
class WeightsHeader:
    """Header of a file of weights: network, configuration, input and card."""

    network: str
    config: str
    input: str
    card: Card

    @staticmethod
    def for_network(
        architecture: Architecture, config: Any, input_config: InputConfig, card: Card
    ) -> WeightsHeader:
        """Make the header for the weights of a network."""
        entry = {
            "kind": input_config.kind,
            "version": input_config.version,
            "constants": asdict(input_config),
        }
        return WeightsHeader(architecture.kind, json.dumps(asdict(config)), json.dumps(entry), card)

    @staticmethod
    def from_metadata(path: Path, metadata: Mapping[str, str]) -> WeightsHeader:
        """Read the header from the metadata of a file.

        Raises:
            FileError: spikecam did not write it, or wrote it in another format; or the header is
                incomplete.
        """
        written = re.fullmatch("spikecam-weights ([0-9]{1,9})", metadata.get("format", ""))
        if written is None:
            raise FileError(
                f"{path} was not written by spikecam; if it is a foreign checkpoint, convert it "
                "with spikecam weights import"
            )
        if int(written[1]) > FORMAT:
            raise FileError(
                f"{path} was written by a newer spikecam, in format {written[1]}; update yours"
            )
        if int(written[1]) < FORMAT:
            raise FileError(
                f"{path} is in format {written[1]}, which says nothing of the network's input, and "
                f"{FORMAT} is needed; train the network again"
            )
        try:
            card = Card.from_json(metadata["card"])
            return WeightsHeader(metadata["network"], metadata["config"], metadata["input"], card)
        except (KeyError, FileError) as error:
            raise FileError(f"{path} does not say what its weights are; get it again") from error

    def to_metadata(self) -> dict[str, str]:
        """The metadata of the file, as texts by name."""
        return {
            "format": f"spikecam-weights {FORMAT}",
            "network": self.network,
            "config": self.config,
            "input": self.input,
            "card": self.card.to_json(),
        }

    def read_config(self) -> Any:
        """Read the configuration of the network.

        What is left out is as by default.

        Raises:
            FileError: there is no such configuration.
            OptionError: no network of this kind.
        """
        return parse_network_config(find_architecture(self.network), self.config)

    def read_input_config(self) -> InputConfig:
        """Read the constants of the network's input.

        Raises:
            FileError: an input that this spikecam cannot build.
            OptionError: no network of this kind.
        """
        return _parse_input_config(find_architecture(self.network), self.input)


def parse_network_config(architecture: Architecture, json_text: str) -> Any:
    """Parse the configuration of a network from JSON.

    What is left out is as by default.

    Raises:
        FileError: there is no such configuration.
    """
    try:
        values = {name: _lists_to_tuples(value) for name, value in json.loads(json_text).items()}
        if all(_has_plausible_numbers(value) for value in values.values()):
            return architecture.config(**values)
    except (ValueError, TypeError, AttributeError, RecursionError, ArithmeticError, SpikecamError):
        pass
    raise FileError(f"no {architecture.kind} has the configuration {json_text[:200]!r}")


def _parse_input_config(architecture: Architecture, json_text: str) -> InputConfig:
    """Parse the constants of a network's input from JSON.

    All have to be there.
    """
    kind, version = architecture.input_config.kind, architecture.input_config.version
    needs = f"its network needs the input {json_text[:200]!r}"
    try:
        entry = json.loads(json_text)
        constants = {name: _lists_to_tuples(value) for name, value in entry["constants"].items()}
        entry_kind, entry_version = entry["kind"], entry["version"]
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise FileError(f"{needs}, which says nothing of kind, version and constants") from error
    if entry_kind == kind and isinstance(entry_version, int) and entry_version < version:
        raise FileError(
            f"its network needs the input {kind!r} of version {entry_version}, as an older "
            f"spikecam built it, and this one builds version {version}; train the network again"
        )
    if (entry_kind, entry_version) != (kind, version):
        raise FileError(
            f"its network needs the input {str(entry_kind)[:50]!r} of version "
            f"{str(entry_version)[:20]}, and this spikecam builds {kind!r} of "
            f"version {version}; update spikecam"
        )
    defaults = asdict(architecture.input_config())
    if constants.keys() != defaults.keys() or not all(
        _has_type_of(value, defaults[name]) and _has_plausible_numbers(value)
        for name, value in constants.items()
    ):
        names = ", ".join(field.name for field in fields(architecture.input_config))
        raise FileError(f"{needs}, and {kind!r} has the constants {names or '(none)'}")
    try:
        return architecture.input_config(**constants)
    except OptionError as error:
        raise FileError(f"its network needs an input that cannot be built: {error}") from error


def _lists_to_tuples(value: Any) -> Any:
    """Convert lists from JSON to tuples, also nested ones."""
    return tuple(_lists_to_tuples(item) for item in value) if isinstance(value, list) else value


def _has_plausible_numbers(value: Any) -> bool:
    """Whether all numbers in a value are finite and not too large."""
    if isinstance(value, tuple):
        return all(_has_plausible_numbers(item) for item in value)
    if type(value) is int:
        return value <= _MAX_SIZE
    return not isinstance(value, float) or math.isfinite(value)


def _has_type_of(value: Any, default: Any) -> bool:
    """Whether a value has the type of its default.

    Tuples may be of another length.
    """
    if isinstance(default, tuple):
        return isinstance(value, tuple) and all(_has_type_of(item, default[0]) for item in value)
    if isinstance(default, float):
        return type(value) in (int, float)
    return type(value) is type(default)
