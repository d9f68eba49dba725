"""One command of a batch, run in a worker."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO

from spikecam.cli.interrupt import (
    clear_interruption,
    notifying_of_interruption,
    raise_interrupt_on_signals,
)
from spikecam.cli.main import DONE, INTERRUPTED, run_command
from spikecam.cli.messages import print_warning, set_verbosity, verbosity

_PREFIX = "spikecam: "


def run_words(words: Sequence[str]) -> tuple[str, list[str]]:
    """Run a command in this process, and catch what it prints.

    Args:
        words: of the command line, without the name of the program.

    Returns:
        Its error as one sentence, empty if it ended well; and what else it said on the way.

    A process that is a worker's own ends by the signal that interrupted the command: whoever
    started it runs the job again, as after any other death of a worker.
    """
    printed = StringIO()
    before = verbosity()
    try:
        with (
            redirect_stdout(StringIO()),
            redirect_stderr(printed),
            notifying_of_interruption(),
            _interrupting_worker_process(),
        ):
            # As JSON, its result goes to standard output and what it says on the way does not.
            code = run_command(["--json", *words])
    except SystemExit as ended:
        code = int(ended.code or 0) if isinstance(ended.code, (int, type(None))) else 1
    except KeyboardInterrupt:
        code = INTERRUPTED  # the signal came just before the command, or just after it
    finally:
        set_verbosity(before)
    if code == INTERRUPTED and _is_worker_process():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)
    lines = [line.strip() for line in printed.getvalue().splitlines() if line.strip()]
    lines = [line.removeprefix(_PREFIX) for line in lines]
    if code == DONE:
        return "", lines
    if code == INTERRUPTED:
        return "a signal ended the job; repeat the batch to run it again", lines
    *notes, error = lines or [f"the command ended with exit code {code}"]
    return error, notes


@contextmanager
def _interrupting_worker_process() -> Iterator[None]:
    """Context in which SIGTERM interrupts the command, in a process that is a worker's own."""
    if not _is_worker_process():
        yield
        return
    warnings.showwarning = print_warning
    # A signal that ended the job before ends that one alone.
    clear_interruption()
    raise_interrupt_on_signals()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _is_worker_process() -> bool:
    """Whether this process is a worker's own, and this thread the one that gets its signals."""
    is_own = multiprocessing.parent_process() is not None
    return is_own and threading.current_thread() is threading.main_thread()
