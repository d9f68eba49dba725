"""Declaration of a method: what it is, what it takes, its options, and the function that runs it.

Each method is declared once, in a file of its own, as a `Method` called ``METHOD``. The package's
own stand in the folders of `_PACKAGES`, a file a method, named as the method is; other packages
add theirs by an entry point of the group ``spikecam.methods``. `spikecam.reconstruct`,
`spikecam.deblur`, `spikecam.generate`, the command line, the app and the benchmarks all read the
declaration, and nothing else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Any, Protocol

from spikecam.errors import OptionError
from spikecam.picture import Picture
from spikecam.stream import SpikeStream

ENTRY_POINT_GROUP = "spikecam.methods"


class Takes(Enum):
    """What a method makes its pictures from, and how its function is called.

    - ``SPIKES``: ``run(stream, frames, options)``, for `spikecam.reconstruct`; yields firing rates
      in [0, 1], float32 (H, W).
    - ``SPIKES_AND_PICTURE``: ``run(picture, stream, frames, exposure, options)``, for
      `spikecam.deblur`; yields sharp pictures like the blurry one, float32 in [0, 1].
    - ``SPIKES_OR_PICTURE``: the same arguments, of which the picture and its exposure, or the
      stream, may be None, for `spikecam.generate`; yields `spikecam.Generated`.
    """

    SPIKES = "spikes"
    SPIKES_AND_PICTURE = "spikes and a picture"
    SPIKES_OR_PICTURE = "spikes, a picture, or both"


_PACKAGES = {
    Takes.SPIKES: "spikecam.reconstruction.methods",
    Takes.SPIKES_AND_PICTURE: "spikecam.deblurring.methods",
    Takes.SPIKES_OR_PICTURE: "spikecam.generation.methods",
}


class OnlineReconstructor(Protocol):
    """State of a method that follows frames as they come, and makes a picture at any time."""

    def update(self, frames: SpikeStream) -> None:
        """Take the frames that come next."""

    def picture(self) -> Picture:
        """Firing rates in [0, 1] after the last frame, float32 (H, W)."""


@dataclass(frozen=True)
class NoOptions:
    """Options of a method that has none."""


def _one_frame(options: Any, stream: SpikeStream) -> int:
    return 1


@dataclass(frozen=True)
class Method:
    """A method, as its file declares it.

    Attributes:
        name: by which it is chosen; that of its file.
        summary: one line for tables and menus, without a full stop.
        takes: what it makes pictures from.
        run: the function, see `Takes`. It checks its arguments when it is called, and makes
            pictures as they are asked for. ``frames`` is a range or a list of frame indices.
        options: a frozen dataclass: names, types and defaults of the options, with their help in
            an ``Attributes:`` section of its docstring. Values that cannot be are refused in its
            ``__post_init__``.
        source: where it was published, or "ours".
        window: frames that must lie around a frame, an odd number, for given options and recording.
        networks: kinds of the networks whose weights the option ``weights`` names, one for each.
        device: whether it has an option ``device`` and may run on a GPU.
        warm_up: frames before the first one that its state depends on, for a method whose pictures
            build up from the beginning; a slice that begins so much earlier gives the same picture.
        online: makes the state for a camera that records, from (height, width) and options.
    """

    name: str
    summary: str
    takes: Takes
    run: Callable[..., Iterator[Any]]
    options: type = NoOptions
    source: str = "ours"
    window: Callable[[Any, SpikeStream], int] = _one_frame
    networks: tuple[str, ...] = ()
    device: bool = False
    warm_up: int = 0
    online: Callable[[tuple[int, int], Any], OnlineReconstructor] | None = None

    @property
    def option_names(self) -> tuple[str, ...]:
        """Names of its options, in the order of the declaration."""
        return tuple(field.name for field in fields(self.options))

    def parse_options(self, values: Mapping[str, Any]) -> Any:
        """Its options object with these values and the defaults of all others.

        Raises:
            OptionError: an unknown option, or a value that it cannot take.
        """
        for name in values:
            if name not in self.option_names:
                known = ", ".join(self.option_names)
                raise OptionError(
                    f"{self.name} has no option {name!r}; "
                    + (f"it takes {known}" if known else "it takes none")
                )
        return self.options(**values)


def find_method(name: str, takes: Takes) -> Method:
    """The method of this name.

    Raises:
        OptionError: there is none that takes this, or its package cannot be loaded.
    """
    if name in _own_names(takes):
        return _own_method(takes, name)
    for method in _installed_methods():
        if (method.name, method.takes) == (name, takes):
            return method
    raise OptionError(f"no method {name!r}; known methods: {', '.join(method_names(takes))}")


def method_names(takes: Takes) -> list[str]:
    """Names of all methods that take this: the package's own, then those that are installed."""
    return [*_own_names(takes), *(m.name for m in _installed_methods() if m.takes is takes)]


def all_methods(takes: Takes) -> list[Method]:
    """All methods that take this, in the order of `method_names`."""
    return [find_method(name, takes) for name in method_names(takes)]


@cache
def _own_names(takes: Takes) -> tuple[str, ...]:
    package = import_module(_PACKAGES[takes])
    return tuple(sorted(module.name for module in iter_modules(package.__path__)))


@cache
def _own_method(takes: Takes, name: str) -> Method:
    method = import_module(f"{_PACKAGES[takes]}.{name}").METHOD
    assert isinstance(method, Method)
    return method


@cache
def _installed_methods() -> tuple[Method, ...]:
    """Methods of other packages; one that cannot be used is left out with a warning."""
    methods: list[Method] = []
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            method = entry.load()
        except Exception as error:  # whatever a foreign package raises, ours go on
            _warn(f"{entry.name} ({entry.value}) cannot be loaded: {error}")
            continue
        if not isinstance(method, Method):
            _warn(f"{entry.name} ({entry.value}) is no spikecam.Method")
        elif method.name in {*_own_names(method.takes), *(one.name for one in methods)}:
            _warn(f"{entry.value} is called {method.name}, as another method is")
        else:
            methods.append(method)
    return tuple(methods)


def _warn(problem: str) -> None:
    warnings.warn(f"method left out: {problem}", stacklevel=3)
