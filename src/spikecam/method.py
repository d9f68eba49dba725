"""Declaration of a method: what it is, what it takes, its options, and the function that runs it.

Each method is declared once, in a file of its own, as a `Method` called ``METHOD``. The built-in
ones stand in the folders of `_PACKAGES`, one file per method, named as the method is; other
packages add theirs by an entry point of the group ``spikecam.methods``. `spikecam.reconstruct`,
`spikecam.deblur`, `spikecam.generate`, `spikecam.flow`, the command line, the app and the
benchmarks all read the declaration, and nothing else.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import NoneType, UnionType
from typing import (
    Any,
    Protocol,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    runtime_checkable,
)

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.picture import Picture
from spikecam.stream import SpikeStream

ENTRY_POINT_GROUP = "spikecam.methods"
# What functions and commands that take the options of methods call arguments of their own.
RESERVED_NAMES = frozenset({
    "align", "arrow_frames", "at", "bits", "blur", "browser", "camera", "check_match", "colour",
    "colour_map", "levels",
    "config", "crop", "debug", "display", "each", "encoding", "exposure", "flip", "fps",
    "frames", "gamma", "hdr", "help", "host", "json", "method", "mirror", "options", "out",
    "output", "overwrite", "page", "picture", "port", "print_config", "quiet", "rate",
    "readout", "recording", "rotate", "server", "size", "spikes", "spread", "stream", "stretch",
    "then", "to", "truncate", "version",
    "record_before", "record_after", "trigger_file", "trigger_jump",
})  # fmt: skip

# What stands for a choice of methods, in place of a method's name.
RESERVED_METHODS = frozenset({"all", "auto"})


class Takes(Enum):
    """Inputs that a method takes, and by that how its function is called.

    - ``SPIKES``: ``run(stream, frames, options)``, for `spikecam.reconstruct`; yields firing rates
      in [0, 1], float32 (H, W).
    - ``SPIKES_AND_PICTURE``: ``run(picture, stream, frames, exposure, options)``, for
      `spikecam.deblur`; the picture is a `spikecam.BlurryPicture`, with its encoding; yields sharp
      pictures like it, float32, encoded as it is, above 1 for light above white.
    - ``SPIKES_OR_PICTURE``: the same arguments, of which the picture and its exposure, or the
      stream, may be None, for `spikecam.generate`; yields `spikecam.Generated`.
    - ``SPIKES_AT_TWO_FRAMES``: ``run(stream, pairs, options)``, for `spikecam.flow`; ``pairs`` are
      those of two different frames, from one to the other; yields the optical flow of each pair,
      float32 (H, W, 2).
    """

    SPIKES = "spikes"
    SPIKES_AND_PICTURE = "spikes and a picture"
    SPIKES_OR_PICTURE = "spikes, a picture, or both"
    SPIKES_AT_TWO_FRAMES = "spikes at two frames"


_PACKAGES = {
    Takes.SPIKES: "spikecam.reconstruction.methods",
    Takes.SPIKES_AND_PICTURE: "spikecam.deblurring.methods",
    Takes.SPIKES_OR_PICTURE: "spikecam.generation.methods",
    Takes.SPIKES_AT_TWO_FRAMES: "spikecam.optical_flow.methods",
}


class OnlineReconstructor(Protocol):
    """State of a method that follows frames as they come, and makes a picture at any time."""

    def update(self, frames: SpikeStream) -> None:
        """Advance by the frames that come next."""

    def picture(self) -> Picture:
        """Firing rates in [0, 1] after the last frame, float32 (H, W)."""


@runtime_checkable
class WindowReconstructor(OnlineReconstructor, Protocol):
    """Online reconstructor whose picture is of the last frames alone.

    Where a ring in shared memory holds these, frames are not passed to `update`.

    Attributes:
        length: number of these frames.
    """

    length: int

    def picture_of(self, frames: SpikeStream) -> Picture:
        """Firing rates in [0, 1] after these frames, float32 (H, W)."""


@dataclass(frozen=True)
class NoOptions:
    """Options of a method that has none."""


def _one_frame(options: Any, stream: SpikeStream) -> int:
    return 1


@dataclass(frozen=True)
class Method:
    """Declaration of a method: its name, inputs and options, and the function that runs it.

    Attributes:
        name: by which it is chosen; that of its file.
        summary: one line for tables and menus, without a full stop.
        takes: what it makes pictures from.
        run: the function, see `Takes`. It checks its arguments when it is called, and makes
            pictures as they are asked for. ``frames`` is a range or a list of frame indices, and
            not empty.
        options: a frozen dataclass: names, types and defaults of the options, with their help in
            an ``Attributes:`` section of its docstring. Each has a default; one that another
            method of the same inputs has, too, is of the same type; none is called by one of
            `RESERVED_NAMES`. Values that cannot be are refused in its ``__post_init__``. Three
            names mean the same in every method: ``fpn`` is the `FixedPattern` of the spike camera,
            which users may give as a file; ``weights`` a name or file of weights, a tuple of them
            for several networks; ``device`` where they run.
        source: where it was published, or "ours".
        window: odd number of frames that a picture is made of, half of them on each side of its
            own, for given options and recording.
        undoes_rolling_shutter: whether it undoes the rolling shutter of a picture by
            `spikecam.BlurryPicture.readout`; for other methods a read-out time is refused.
        networks: kinds of the networks whose weights the option ``weights`` names, one for each.
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
    undoes_rolling_shutter: bool = False
    networks: tuple[str, ...] = ()
    warm_up: int = 0
    online: Callable[[tuple[int, int], Any], OnlineReconstructor] | None = None

    @property
    def option_names(self) -> tuple[str, ...]:
        """Names of the method's options, in the order of the declaration."""
        return tuple(field.name for field in fields(self.options))

    @property
    def default_weights(self) -> tuple[str, ...]:
        """Names of the weights that the method uses by default, one for each network.

        Without a default they are those that are called as the network is.
        """
        if not self.networks:
            return ()
        weights = self.options().weights
        named = weights if isinstance(weights, tuple) else (weights,)
        return tuple(
            kind if name is None else name for name, kind in zip(named, self.networks, strict=True)
        )

    @property
    def has_weights(self) -> bool:
        """Whether the weights that it uses by default ship, or are among the user's own."""
        from spikecam.weights.catalogue import named_weights

        named = named_weights()
        return all(name in named for name in self.default_weights)

    def parse_options(self, values: Mapping[str, Any]) -> Any:
        """Build the method's options from values by name, with defaults for all others.

        Raises:
            FileError: a fixed pattern that cannot be read.
            OptionError: an unknown option, or a value that it cannot take.
        """
        for name in values:
            if name not in self.option_names:
                known = ", ".join(self.option_names)
                raise OptionError(
                    f"{self.name} has no option {name!r}; "
                    + (f"it takes {known}" if known else "it takes none")
                )
        if values.get("fpn") is not None:
            values = {**values, "fpn": _fixed_pattern(values["fpn"])}
        if self.networks and "weights" in values:
            values = {**values, "weights": self._parse_weights(values["weights"])}
        return self.options(**values)

    def fixed_pattern(self, options: Any) -> FixedPattern | None:
        """The fixed pattern among the method's options; None where there is none."""
        fpn: FixedPattern | None = getattr(options, "fpn", None)
        return fpn

    def check_fixed_pattern(self, options: Any, stream: SpikeStream) -> None:
        """Refuse options whose fixed pattern is not of the size of the recording's sensor.

        Raises:
            GeometryError: it is not.
        """
        fpn = self.fixed_pattern(options)
        if fpn is not None:
            fpn.check_shape(stream.sensor_shape)

    def orient_fixed_pattern(self, options: Any, stream: SpikeStream) -> Any:
        """Options whose fixed pattern, if any, is flipped, rotated and cropped as the stream is.

        Raises:
            GeometryError: it is not of the size of the recording's sensor.
        """
        self.check_fixed_pattern(options, stream)
        fpn = self.fixed_pattern(options)
        if fpn is None or not stream.orientations:
            return options
        for orientation in stream.orientations:
            fpn = fpn.orient(orientation)
        return replace(options, fpn=fpn)

    def check_readout(self, readout: float) -> None:
        """Refuse the read-out time of a rolling shutter for a method that does not undo it.

        Raises:
            OptionError: it is not 0.
        """
        if not readout or self.undoes_rolling_shutter:
            return
        others = [m.name for m in all_methods(self.takes) if m.undoes_rolling_shutter]
        raise OptionError(
            f"{self.name} does not undo a rolling shutter, and the readout is {readout:g} frames; "
            + (f"methods that do: {', '.join(others)}" if others else "leave it out")
        )

    def _parse_weights(self, weights: Any) -> Any:
        """Check the weights: one name or file for one network, else a tuple with one for each."""
        several = isinstance(weights, Sequence) and not isinstance(weights, str)
        named = tuple(weights) if several else (weights,)
        if len(named) != len(self.networks):
            kinds = " and ".join(self.networks)
            raise OptionError(
                f"{self.name} takes {len(self.networks)} weights, of {kinds}, not {len(named)}"
            )
        return named if len(named) > 1 else named[0]


def _fixed_pattern(fpn: Any) -> FixedPattern:
    if isinstance(fpn, (str, os.PathLike)):
        return FixedPattern.load(fpn)
    if not isinstance(fpn, FixedPattern):
        raise OptionError(f"fpn is a FixedPattern or the path of one, not {fpn!r}")
    return fpn


def find_method(name: str, takes: Takes) -> Method:
    """Find a method by its name, in capitals or not, and what it takes.

    Raises:
        OptionError: there is none that takes this, or its package cannot be loaded.
    """
    if name.lower() in _built_in_names(takes):
        return _built_in_method(takes, name.lower())
    for method in all_methods(takes):
        if method.name.lower() == name.lower():
            return method
    for other in Takes:
        if other is not takes and name.lower() in map(str.lower, method_names(other)):
            raise OptionError(
                f"{name} takes {other.value}, not {takes.value}; "
                f"methods for that: {', '.join(method_names(takes))}"
            )
    raise OptionError(f"no method {name!r}; known methods: {', '.join(method_names(takes))}")


def method_names(takes: Takes) -> list[str]:
    """Names of all methods that take this: the built-in ones, then those of other packages."""
    return [*_built_in_names(takes), *(m.name for m in _installed_methods() if m.takes is takes)]


def all_methods(takes: Takes) -> list[Method]:
    """All methods that take this, in the order of `method_names`."""
    built_in = [_built_in_method(takes, name) for name in _built_in_names(takes)]
    return [*built_in, *(m for m in _installed_methods() if m.takes is takes)]


@cache
def _built_in_names(takes: Takes) -> tuple[str, ...]:
    package = import_module(_PACKAGES[takes])
    return tuple(sorted(module.name for module in iter_modules(package.__path__)))


@cache
def _built_in_method(takes: Takes, name: str) -> Method:
    method = import_module(f"{_PACKAGES[takes]}.{name}").METHOD
    assert isinstance(method, Method)
    return method


@cache
def _installed_methods() -> tuple[Method, ...]:
    """Methods of other installed packages. One that cannot be used is left out with a warning."""
    methods: list[Method] = []
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            method = entry.load()
            _check_declaration(method, methods)
        except Exception as error:  # whatever a package raises, the other methods stay usable
            warnings.warn(f"method {entry.name} ({entry.value}) is left out: {error}", stacklevel=2)
        else:
            methods.append(method)
    return tuple(methods)


def _check_declaration(method: Any, installed: Sequence[Method]) -> None:
    """Refuse what cannot be offered beside the built-in methods and the installed ones.

    Raises:
        OptionError: it is no `Method`, or its name or options cannot be used.
    """
    if not isinstance(method, Method):
        raise OptionError("it is no spikecam.Method")
    # Names are found in capitals or not.
    names = {*_built_in_names(method.takes), *(one.name.lower() for one in installed)}
    if method.name.lower() in RESERVED_METHODS:
        raise OptionError(f"{method.name} is no name for a method; spikecam uses it")
    if method.name.lower() in names:
        raise OptionError(f"it is called {method.name}, as another method is")
    if not (isinstance(method.options, type) and is_dataclass(method.options)):
        raise OptionError(f"the options of {method.name} are no dataclass")
    for one in fields(method.options):
        if one.default is MISSING and one.default_factory is MISSING:
            raise OptionError(f"option {one.name} of {method.name} has no default")
        if one.name in RESERVED_NAMES:
            raise OptionError(f"option {one.name} of {method.name} has a name that spikecam uses")
    method.options()  # the defaults themselves may be refused
    types = _option_types(method)
    others = [_built_in_method(method.takes, name) for name in _built_in_names(method.takes)]
    others += [one for one in installed if one.takes is method.takes]
    for other in others:
        for name, types_of_other in _option_types(other).items():
            # One name or file of weights, or one for each network.
            if name != "weights" and types.get(name, types_of_other) != types_of_other:
                raise OptionError(
                    f"option {name} of {method.name} is of another type than that of {other.name}"
                )


def _option_types(method: Method) -> dict[str, set[Any]]:
    """The types that each option may have besides None."""
    return {
        name: {*(get_args(hint) if get_origin(hint) in (Union, UnionType) else [hint])} - {NoneType}
        for name, hint in get_type_hints(method.options).items()
    }
