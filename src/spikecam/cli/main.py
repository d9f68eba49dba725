"""``spikecam``: the list of commands, and how their errors and interruptions end."""

from __future__ import annotations

import ast
import io
import os
import sys
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Group, Parameter

import spikecam
from spikecam.cli.config import ConfigPrinted, apply_config_flags
from spikecam.cli.interrupt import raise_interrupt_on_signals
from spikecam.cli.messages import Verbosity, print_error, print_warning, set_verbosity, verbosity
from spikecam.cli.usage import check_whole_numbers, explain_usage_error
from spikecam.errors import SpikecamError
from spikecam.resources import OUT_OF_MEMORY, is_out_of_memory

COMMANDS = (
    "info",
    "view",
    "convert",
    "reconstruct",
    "flow",
    "deblur",
    "generate",
    "simulate",
    "synth",
    "render",
    "fly",
    "splat",
    "poses",
    "adapt",
    "score",
    "demo",
    "batch",
    "app",
    "live",
    "bench",
    "calibrate",
    "train",
    "weights",
)
EVERYWHERE_GROUP = Group.create_ordered("Everywhere", sort_key=2)
DONE, FAULT, USER_ERROR, INTERRUPTED = 0, 1, 2, 130


def build_app(words: Sequence[str] = ()) -> App:
    """Build the command line.

    The file of a command is loaded when the command is used.

    Args:
        words: those of the command that runs. The list of all commands is only worth reading
            their summaries for where none of them is named.
    """
    with_summaries = not set(words) & set(COMMANDS)
    app = App(
        name="spikecam",
        help="Pictures from spike cameras: read, reconstruct, deblur.",
        version=f"spikecam {spikecam.__version__}",
        version_flags=["--version", "-V"],
        help_flags=["--help", "-h"],
        help_format="plaintext" if with_summaries else "markdown",
        default_parameter=Parameter(
            name_transform=lambda name: name.replace("_", "-"),
            negative="",
            show_default=lambda value: None if value in (None, False, ()) else str(value),
        ),
        config=(
            partial(apply_config_flags, words=without_common_options(words)),
            check_whole_numbers,
        ),
        result_action="return_value",
        print_error=False,
        exit_on_error=False,
        suppress_keyboard_interrupt=False,
    )
    for position, name in enumerate(COMMANDS):
        app.command(
            f"spikecam.cli.{name}:{name}",
            name=name,
            help=_command_summary(name) if with_summaries else None,
            sort_key=position,
        )
    app.register_install_completion_command(help="Complete commands and options in this shell.")

    @app.meta.default
    def launch(
        *words: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        quiet: Annotated[bool, Parameter(alias="-q", group=EVERYWHERE_GROUP)] = False,
        json: Annotated[bool, Parameter(group=EVERYWHERE_GROUP)] = False,
        debug: Annotated[bool, Parameter(group=EVERYWHERE_GROUP)] = False,
    ) -> None:
        """Run a command.

        Args:
            words: The command and its own options.
            quiet: Print nothing but errors.
            json: Print the result as JSON.
            debug: Show where in the program an error arose.
        """
        debug = debug or bool(os.environ.get("SPIKECAM_DEBUG"))
        set_verbosity(Verbosity(quiet, json, debug))
        app(words)

    return app


def without_common_options(words: Sequence[str]) -> list[str]:
    """The words without the options that every command has."""
    return [word for word in words if word not in ("--quiet", "--json", "--debug")]


def main() -> None:
    """Run the command line; errors of the user's end in one line and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # File names need not be valid text, but must not break the message about them.
            stream.reconfigure(errors="backslashreplace")
    set_verbosity(Verbosity(debug=bool(os.environ.get("SPIKECAM_DEBUG"))))
    warnings.showwarning = print_warning
    raise_interrupt_on_signals()
    code = run_command(sys.argv[1:])
    if code:
        sys.exit(code)


def run_command(words: Sequence[str]) -> int:
    """Run a command, print its error if it fails, and return the exit code."""
    try:
        build_app(words).meta(words)
        return DONE
    except ConfigPrinted:
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as ended:
        # rich ends the process where the reader of its output has gone, such as `head`.
        if isinstance(ended.__context__, BrokenPipeError):
            return DONE
        raise
    except Exception as error:
        if verbosity().debug:
            import traceback

            traceback.print_exc()
        text, code = error_message_and_exit_code(error)
        print_error(text)
        return code


def error_message_and_exit_code(error: Exception) -> tuple[str, int]:
    """Message and exit code of an error: 2 for what a user can correct, 1 for a fault."""
    if isinstance(error, CycloptsError):
        return explain_usage_error(error), USER_ERROR
    if isinstance(error, SpikecamError):
        return str(error), USER_ERROR
    if is_out_of_memory(error):
        return OUT_OF_MEMORY, USER_ERROR
    if isinstance(error, OSError):
        # What is left: a full disk behind standard output, say.
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror or error}", USER_ERROR
    return (
        f"a fault of spikecam itself, {type(error).__name__}: {' '.join(str(error).split())}; "
        "please report it with the command and what it prints with --debug"
    ), FAULT


def _command_summary(name: str) -> str:
    """First line of a command's docstring, or of its file's, read without loading the file."""
    tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
    functions = (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name)
    text = ast.get_docstring(next(functions, tree)) or ""
    return text.partition("\n")[0]
