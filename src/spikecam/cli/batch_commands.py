"""Commands that a batch can run, and the check of their words before any work."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from spikecam.cli.main import COMMANDS, build_app
from spikecam.errors import OptionError

# Those that write an output (-o) of an input, and ask nothing meanwhile.
BATCH_COMMANDS = (
    "view",
    "convert",
    "reconstruct",
    "flow",
    "deblur",
    "generate",
    "simulate",
    "render",
    "fly",
    "splat",
    "poses",
    "score",
)


def check_batch_command(command: str) -> None:
    """Refuse a command that a batch cannot run.

    Raises:
        OptionError: it is one.
    """
    if command in BATCH_COMMANDS:
        return
    known = ", ".join(BATCH_COMMANDS)
    if command in COMMANDS:
        raise OptionError(
            f"{command} does not write one output of one input, and is not run in a batch; these "
            f"are: {known}"
        )
    close = difflib.get_close_matches(command, BATCH_COMMANDS, n=1, cutoff=0.6)
    suggestion = f"did you mean {close[0]}? " if close else ""
    raise OptionError(f"there is no command {command}; {suggestion}a batch runs {known}")


def check_words(words: Sequence[str]) -> None:
    """Refuse words that the command does not understand, as the command itself would.

    Raises:
        CycloptsError, SpikecamError: an unknown option, or a value that it does not take.
    """
    build_app(words).parse_args(words, print_error=False, exit_on_error=False)
