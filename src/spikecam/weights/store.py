"""Networks saved to files of weights, and loaded from them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import save
from torch import Tensor, nn

from spikecam.errors import FileError, OptionError, SpikecamError
from spikecam.io.atomic import atomic_path
from spikecam.io.paths import PathLike
from spikecam.networks.architecture import (
    Architecture,
    InputConfig,
    architecture_of_class,
    find_architecture,
)
from spikecam.resources import pick_device
from spikecam.weights.card import Card
from spikecam.weights.catalogue import check_network_kind, find_weights_file, open_weights
from spikecam.weights.header import WeightsHeader

Network = TypeVar("Network", bound=nn.Module)


def save_weights(path: PathLike, network: nn.Module, card: Card, *, half: bool = False) -> None:
    """Write the weights of a network, its configuration, its input and its card as .safetensors.

    Args:
        path: of the file; an older one there is replaced.
        network: of a declared `Architecture`, on any device.
        card: origin, scores and limits of the weights.
        half: as float16, in half of the space, to about three digits; else as float32.

    Raises:
        OptionError: another module, or weights that are not finite, as float16 where asked for.
        OutputError: the file cannot be written.
    """
    architecture = architecture_of_class(type(network))
    dtype = torch.float16 if half else torch.float32
    tensors = {
        name: values.detach().to("cpu", dtype).contiguous()
        for name, values in network.state_dict().items()
    }
    for name, values in tensors.items():
        if not values.isfinite().all():
            hint = "; save it without half" if half else "; train it again"
            raise OptionError(f"{name} of {architecture.kind} is not finite as {dtype}{hint}")
    configured: Any = network
    header = WeightsHeader.for_network(
        architecture, configured.config, configured.input_config, card
    )
    with atomic_path(Path(path)) as temporary:
        temporary.write_bytes(save(tensors, header.to_metadata()))


def load_weights(
    path_or_name: PathLike, network: str | tuple[str, ...] | None = None
) -> tuple[nn.Module, Card]:
    """Load a network with its weights, and their card.

    Args:
        path_or_name: of a file that `save_weights` wrote, or the name of weights that ship.
        network: kind of the network, or kinds of which it must be one; None for any.

    Returns:
        The network on the CPU, in eval mode, float32, without gradients; and the card.

    Raises:
        FileError: a file that does not exist, is damaged, was not written by spikecam, does not
            hold exactly the weights of its network in finite numbers, is of another network, or of
            one whose input this spikecam cannot build.
        OptionError: neither a file nor the name of weights that ship, or no such network.
    """
    path = find_weights_file(path_or_name)
    with open_weights(path, "pt") as (file, header):
        check_network_kind(path, header, network)
        architecture = find_architecture(header.network)
        try:
            config, input_config = header.read_config(), header.read_input_config()
        except FileError as error:
            raise FileError(f"{path}: {error}") from error
        try:
            module = build_without_weights(architecture, config, input_config)
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return fill_weights(module, weights), header.card
        except FileError as error:
            raise FileError(f"{path}: {error}; get it again") from error


def load_network(network_class: type[Network], weights: PathLike, device: str = "auto") -> Network:
    """Load a network of a class with its weights on a device, ready for inference.

    Args:
        network_class: class of a declared `Architecture`.
        weights: a file, or the name of weights that ship.
        device: name of the device, see `pick_device`.

    Raises:
        FileError: as `load_weights`.
        OptionError: neither a file nor the name of weights that ship, or no such device.
    """
    architecture = architecture_of_class(network_class)
    network, _ = load_weights(weights, architecture.kind)
    assert isinstance(network, network_class)
    return move_network(network, device)


def move_network(network: Network, device: str = "auto") -> Network:
    """Move a network to a device, in the memory format that its architecture prefers.

    Raises:
        OptionError: no such device.
    """
    network.to(pick_device(device))
    if architecture_of_class(type(network)).channels_last:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def build_without_weights(
    architecture: Architecture, config: Any, input_config: InputConfig | None = None
) -> nn.Module:
    """Build a network on the meta device, without memory for its weights.

    Raises:
        FileError: configurations that contradict each other, or that no module can have.
    """
    try:
        with torch.device("meta"):
            return architecture.load_class()(config, input_config)
    except OptionError as error:
        raise FileError(str(error)) from error
    except (ValueError, TypeError, RuntimeError, ArithmeticError, SpikecamError) as error:
        raise FileError(f"no {architecture.kind} has the configuration {config!r}") from error


def fill_weights(module: nn.Module, weights: Mapping[str, Tensor]) -> nn.Module:
    """Fill a network with weights, for inference.

    The network is of `build_without_weights`; it is in eval mode, float32, without gradients.

    Raises:
        FileError: as `check_weights_fit`.
    """
    check_weights_fit(module, weights)
    copies = {
        name: values.detach().to(torch.float32, copy=True).contiguous()
        for name, values in weights.items()
    }
    module.load_state_dict(copies, assign=True)
    return module.eval().requires_grad_(False)


def check_weights_fit(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Refuse weights whose names or shapes do not fit a network.

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
            raise FileError(f"{name} of {network} holds numbers that are not finite, or none")


def weights_fingerprint(module: nn.Module) -> str:
    """Digest of the weights of a network, by their values."""
    digest = hashlib.sha256()
    for name, values in sorted(module.state_dict().items()):
        digest.update(name.encode() + values.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
