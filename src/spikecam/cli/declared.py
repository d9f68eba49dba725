"""Commands that are made from declarations: training recipes and benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from spikecam.cli.config import ConfigOptions
from spikecam.cli.flags import make_config_flags_class


def make_declared_command(
    run: Callable[[Any, Any, Any], None],
    options_class: type,
    *,
    description: str,
    sources: Any,
    out: Any,
    sources_required: bool,
    out_required: bool,
    without: Collection[str] = (),
) -> Callable[..., None]:
    """Make a command whose flags are the settings of a dataclass.

    Args:
        run: takes the sources, the output and the options, which have checked themselves.
        options_class: a frozen dataclass that needs no arguments, of settings and groups of them.
        description: the text of the help.
        sources: annotated type of the positional argument; None where there is none.
        out: annotated type of ``--out``.
        sources_required, out_required: whether the command refuses to run without them.
        without: settings that are no flags.
    """
    flags = make_config_flags_class(options_class, without=without)

    def command(inputs: Any = None, /, *, out: Any = None, settings: Any, config: Any) -> None:
        run(inputs, out, settings.apply(options_class()))

    def command_without_sources(*, out: Any = None, settings: Any, config: Any) -> None:
        run(None, out, settings.apply(options_class()))

    function: Any = command if sources is not None else command_without_sources
    function.__doc__ = description
    function.__defaults__ = None if sources is None or sources_required else (None,)
    function.__kwdefaults__ = {"settings": flags(), "config": ConfigOptions()}
    if not out_required:
        function.__kwdefaults__["out"] = None
    function.__annotations__ = {
        "out": out,
        "settings": flags,
        "config": ConfigOptions,
        "return": None,
    }
    if sources is not None:
        function.__annotations__["inputs"] = sources
    result: Callable[..., None] = function
    return result
