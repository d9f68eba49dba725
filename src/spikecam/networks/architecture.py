"""Declaration of a network: its kind, its configuration, its input, and how others publish it.

Each network is declared once, as an `Architecture` called ``ARCHITECTURE``, in a file of the folder
``configs`` that is named as its kind; other packages add theirs by an entry point of the group
``spikecam.networks``. A declaration loads torch only when its module is asked for. Weights are
saved, loaded and imported by these declarations and nothing else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, ClassVar

from spikecam.errors import OptionError
from spikecam.networks import configs

if TYPE_CHECKING:
    from torch import Tensor, nn

Shapes = Mapping[str, tuple[int, ...]]

ENTRY_POINT_GROUP = "spikecam.networks"


@dataclass(frozen=True)
class InputConfig:
    """Base class of the constants by which the input of a network is built.

    They are stored with its weights.

    Attributes:
        kind: what the input is called in files of weights.
        version: of the procedure that builds it; raised whenever the same constants would give
            other tensors.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1


@dataclass(frozen=True)
class PublishedCheckpoint:
    """How to recognise and convert a checkpoint of this network that others published.

    Attributes:
        authors: who released them.
        marker: pattern of a layer that no other published network has.
        layers: patterns of their layers' names, each with ours: a template of ``re.sub``.
        infer_config: the configuration by shapes of weights, under our names; KeyError or
            IndexError where these are of something else.
        convert: changes of the values, in place, once they are known to fit.
        infer_input_config: constants of the input by the name of the file, where checkpoints that
            are the same by their entries differ in them; else the default ones.
        unused: patterns of their entries that the network computes without, since they follow from
            constants or have no effect; each with the values that it has to have, flattened, or
            None for any. They may be missing.
    """

    authors: str
    marker: str
    layers: tuple[tuple[str, str], ...]
    infer_config: Callable[[Shapes], Any]
    convert: Callable[[dict[str, Tensor]], None] | None = None
    infer_input_config: Callable[[str], InputConfig] | None = None
    unused: tuple[tuple[str, tuple[float, ...] | None], ...] = ()


@dataclass(frozen=True)
class Architecture:
    """Declaration of a network: its class, configurations and published checkpoint.

    Attributes:
        kind: by which files of weights name it; that of its file, or of its entry point.
        config: frozen dataclass of its sizes; the defaults are those of the published network.
        input_config: frozen dataclass of the constants of its input.
        module: where its class is, "package.file:Class". The class takes both configurations, by
            default the default ones, and keeps them as ``config`` and ``input_config``.
        published: checkpoints of others that can be imported.
        channels_last: whether its weights are laid out with channels last, which is faster where
            most of its layers are convolutions of pictures.
    """

    kind: str
    config: type[Any]
    input_config: type[InputConfig]
    module: str
    published: PublishedCheckpoint | None = None
    channels_last: bool = True

    def load_class(self) -> type[nn.Module]:
        """Import the class of the network; this loads torch."""
        path, _, name = self.module.partition(":")
        module_class: type[nn.Module] = getattr(import_module(path), name)
        return module_class


def architecture_kinds() -> tuple[str, ...]:
    """Names of the kinds of all networks, sorted: the built-in ones and those of other packages."""
    return tuple(sorted([*_built_in_kinds(), *_installed_architectures()]))


@cache
def find_architecture(kind: str) -> Architecture:
    """Find the declaration of the network of a kind.

    Raises:
        OptionError: there is no network of this kind.
    """
    if kind in _built_in_kinds():
        architecture = import_module(f"{configs.__name__}.{kind}").ARCHITECTURE
        assert isinstance(architecture, Architecture)
        return architecture
    if kind in _installed_architectures():
        return _installed_architectures()[kind]
    raise OptionError(f"no network {kind!r}; known networks: {', '.join(architecture_kinds())}")


def architecture_of_class(module_class: type) -> Architecture:
    """Find the declaration of the network of a class.

    Raises:
        OptionError: the class is of no network that is declared.
    """
    path = f"{module_class.__module__}:{module_class.__qualname__}"
    for kind in architecture_kinds():
        architecture = find_architecture(kind)
        if architecture.module == path:
            return architecture
    raise OptionError(
        f"{module_class.__name__} is no network with weights of its own; networks are "
        f"{', '.join(architecture_kinds())}"
    )


def count_layers(weight_shapes: Shapes, prefix: str) -> int:
    """Count the numbered layers ``prefix.0``, ``prefix.1`` ... in the shapes of weights.

    The last that has weights ends the count.

    >>> count_layers({"block.0.weight": (1,), "block.3.weight": (1,), "last.bias": (1,)}, "block")
    4
    """
    numbers = [
        int(name.removeprefix(f"{prefix}.").partition(".")[0])
        for name in weight_shapes
        if name.startswith(f"{prefix}.")
    ]
    return max(numbers, default=-1) + 1


def _built_in_kinds() -> list[str]:
    return [module.name for module in iter_modules(configs.__path__)]


@cache
def _installed_architectures() -> Mapping[str, Architecture]:
    """Networks of other packages by kind. One that cannot be used is left out with a warning."""
    architectures: dict[str, Architecture] = {}
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            architecture = entry.load()
            if not isinstance(architecture, Architecture):
                raise OptionError("it is no spikecam.Architecture")
            if architecture.kind != entry.name:
                raise OptionError(f"its kind is {architecture.kind}; call both the same")
            if entry.name in (*_built_in_kinds(), *architectures):
                raise OptionError("there is another network of this kind")
        except Exception as error:  # whatever a package raises, the other networks stay usable
            warnings.warn(
                f"network {entry.name} ({entry.value}) is left out: {error}", stacklevel=2
            )
        else:
            architectures[entry.name] = architecture
    return architectures
