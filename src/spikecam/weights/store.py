"""Weights of the networks on disk: .safetensors files that say what they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from spikecam.errors import FileError, OptionError, SpikecamError
from spikecam.io.atomic import atomic_path
from spikecam.io.paths import PathLike
from spikecam.networks.autoencoder import Autoencoder
from spikecam.networks.bsn import BSN
from spikecam.networks.configs.autoencoder import AutoencoderConfig
from spikecam.networks.configs.bsn import BSNConfig
from spikecam.networks.configs.edsr import EDSRConfig
from spikecam.networks.configs.ldn import LDNConfig
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.configs.refocuser import RefocuserConfig
from spikecam.networks.configs.spikegen import SpikeGenConfig
from spikecam.networks.edsr import EDSR
from spikecam.networks.ldn import LDN
from spikecam.networks.refiner import Refiner
from spikecam.networks.refocuser import Refocuser
from spikecam.networks.spikegen import SpikeGen
from spikecam.weights.card import Card
from spikecam.weights.catalogue import Header, find_weights, opened

NETWORKS: dict[str, tuple[type[nn.Module], type[Any]]] = {
    "autoencoder": (Autoencoder, AutoencoderConfig),
    "bsn": (BSN, BSNConfig),
    "edsr": (EDSR, EDSRConfig),
    "ldn": (LDN, LDNConfig),
    "refiner": (Refiner, RefinerConfig),
    "refocuser": (Refocuser, RefocuserConfig),
    "spikegen": (SpikeGen, SpikeGenConfig),
}

# No size in a configuration is above; a damaged file may say anything.
_LARGEST = 4096


def save_weights(path: PathLike, network: nn.Module, card: Card, *, half: bool = False) -> None:
    """Write the weights of a network, its configuration and its card as .safetensors.

    Args:
        path: where to; an older file there is replaced.
        network: one of `NETWORKS`, on any device.
        card: what is to be known of the weights.
        half: as float16, in half of the space, to about three digits; else as float32.

    Raises:
        OptionError: another module, or weights that are not finite, as float16 where asked for.
        OutputError: the file cannot be written.
    """
    name = next((name for name, (kind, _) in NETWORKS.items() if type(network) is kind), None)
    if name is None:
        raise OptionError(
            f"weights of {type(network).__name__} are not kept; networks are {', '.join(NETWORKS)}"
        )
    kind = torch.float16 if half else torch.float32
    tensors = {
        key: values.detach().to("cpu", kind).contiguous()
        for key, values in network.state_dict().items()
    }
    for key, values in tensors.items():
        if not values.isfinite().all():
            hint = "; save it without half" if half else "; train it again"
            raise OptionError(f"{key} of {name} is not finite as {kind}{hint}")
    config: Any = network.config
    header = Header(name, json.dumps(asdict(config)), card)
    with atomic_path(Path(path)) as temporary:
        temporary.write_bytes(save(tensors, header.metadata()))


def load_weights(
    path_or_name: PathLike, network: str | tuple[str, ...] | None = None
) -> tuple[nn.Module, Card]:
    """A network with its weights, and their card.

    Args:
        path_or_name: of a file that `save_weights` wrote, or the name of weights that ship.
        network: which one it must be, or must be one of, by the names of `NETWORKS`.

    Returns:
        The network on the CPU, in eval mode, float32, without gradients; and the card.

    Raises:
        FileError: a file that does not exist, is damaged, was not written by spikecam, does not
            hold exactly the weights of its network in finite numbers, or is of another network.
        OptionError: neither a file nor the name of weights that ship, or no such network.
    """
    wanted = tuple(NETWORKS) if network is None else network
    wanted = (wanted,) if isinstance(wanted, str) else wanted
    unknown = [name for name in wanted if name not in NETWORKS]
    if unknown:
        raise OptionError(f"no network {unknown[0]!r}; known networks: {', '.join(NETWORKS)}")
    path = find_weights(path_or_name)
    with opened(path, "pt") as (held, header):
        if header.network not in NETWORKS:
            raise FileError(
                f"{path} holds weights of a network {header.network!r}, and known are "
                f"{', '.join(NETWORKS)}; update spikecam"
            )
        if header.network not in wanted:
            raise FileError(
                f"{path} holds weights of {header.network}, and those of {' or '.join(wanted)} are "
                "needed; spikecam weights list says what ships"
            )
        try:
            module = empty(header.network, header.config)
            weights = {name: held.get_tensor(name) for name in held.keys()}  # noqa: SIM118
            return filled(module, weights), header.card
        except FileError as error:
            raise FileError(f"{path}: {error}; get it again") from error


def empty(network: str, config: str = "{}") -> nn.Module:
    """A network without memory for its weights.

    Args:
        network: one of `NETWORKS`.
        config: its configuration as JSON; what is not said is as by default.

    Raises:
        FileError: it has no such configuration.
    """
    kind, config_kind = NETWORKS[network]
    try:
        said = {name: _tupled(value) for name, value in json.loads(config).items()}
        if not any(type(value) is int and value > _LARGEST for value in said.values()):
            with torch.device("meta"):
                return kind(config_kind(**said))
    except (ValueError, TypeError, AttributeError, RuntimeError, ArithmeticError, SpikecamError):
        pass
    raise FileError(f"no {network} has the configuration {config[:200]!r}")


def filled(module: nn.Module, weights: Mapping[str, Tensor]) -> nn.Module:
    """An `empty` network with weights of its own: eval mode, float32, without gradients.

    Raises:
        FileError: as `check_fit`.
    """
    check_fit(module, weights)
    own = {
        name: values.detach().to(torch.float32, copy=True).contiguous()
        for name, values in weights.items()
    }
    module.load_state_dict(own, assign=True)
    return module.eval().requires_grad_(False)


def check_fit(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Refuse weights that are not exactly those of a network.

    Raises:
        FileError: names or shapes differ, or values are no finite numbers.
    """
    network = type(module).__name__
    expected = {name: tuple(values.shape) for name, values in module.state_dict().items()}
    for name in sorted(expected.keys() - weights.keys()):
        raise FileError(f"{name} of {network} is missing")
    for name in sorted(weights.keys() - expected.keys()):
        raise FileError(f"{network} has no {name}")
    for name, values in weights.items():
        if tuple(values.shape) != expected[name]:
            raise FileError(
                f"{name} of {network} has the shape {tuple(values.shape)}, not {expected[name]}"
            )
        plain = values.layout == torch.strided and values.device.type == "cpu"
        if not (plain and values.is_floating_point() and values.float().isfinite().all()):
            raise FileError(f"{name} of {network} holds what is no finite number")


def fingerprint(module: nn.Module) -> str:
    """A short name of a network's weights, by their values."""
    found = hashlib.sha256()
    for name, values in sorted(module.state_dict().items()):
        found.update(name.encode() + values.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:16]


def _tupled(value: Any) -> Any:
    """Lists, which is what JSON makes of tuples, as tuples again."""
    return tuple(_tupled(one) for one in value) if isinstance(value, list) else value
