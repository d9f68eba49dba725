"""A job of a batch: one command, one input and one output."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from spikecam.errors import OptionError
from spikecam.io.paths import PathLike
from spikecam.io.remote_address import text_without_secrets

State = Literal["done", "failed", "skipped"]


@dataclass(frozen=True)
class BatchJob:
    """One command over one input.

    Attributes:
        command: its name on the command line, such as "reconstruct".
        input: the file or folder that it works on.
        output: what it writes (``-o``).
        options: of the command, by name: ``{"method": "tfi", "overwrite": True}``. True is an
            option without a value, None and False leave it out, and a list gives it several times.
        arguments: what follows the input on the command line, such as the spikes of ``deblur``.
    """

    command: str
    input: PathLike
    output: PathLike
    options: Mapping[str, Any] = field(default_factory=dict)
    arguments: tuple[PathLike, ...] = ()

    def words(self) -> list[str]:
        """The words of the command line that do this job."""
        words = [self.command, *(os.fspath(one) for one in (self.input, *self.arguments))]
        words += ["-o", os.fspath(self.output)]
        for name, value in self.options.items():
            flag = f"--{name.replace('_', '-')}"
            for one in value if isinstance(value, (list, tuple)) else (value,):
                if one is True:
                    words.append(flag)
                elif one is not None and one is not False:
                    words.append(f"{flag}={one}")
        return words

    @property
    def input_text(self) -> str:
        """The input as messages name it: of an address without what may be secret."""
        return text_without_secrets(os.fspath(self.input))

    def settings(self) -> dict[str, Any]:
        """The job as types of JSON, for the manifest; addresses are without what may be secret."""
        return {
            "command": self.command,
            "input": self.input_text,
            "arguments": [text_without_secrets(os.fspath(one)) for one in self.arguments],
            "output": os.fspath(self.output),
            "options": {name: _json_value(value) for name, value in self.options.items()},
        }


@dataclass(frozen=True)
class BatchResult:
    """How a job of a batch ended.

    Attributes:
        job: the job.
        state: "done", "failed", or "skipped" where the manifest says that it was done before.
        error: one sentence on why it failed; empty otherwise.
        seconds: that it took.
        host: name of the machine that ran it.
        notes: what the command said on the way, such as the method that was chosen.
    """

    job: BatchJob
    state: State
    error: str = ""
    seconds: float = 0.0
    host: str = ""
    notes: tuple[str, ...] = ()


def check_outputs_differ(jobs: Iterable[BatchJob]) -> None:
    """Refuse jobs of which two write one output, or one writes an input of another.

    Raises:
        OptionError: there are such; the message names both inputs.
    """
    inputs_by_output: dict[str, str] = {}
    inputs: dict[str, str] = {}
    for job in jobs:
        inputs[normalized_path(job.input)] = job.input_text
        output = normalized_path(job.output)
        if output in inputs_by_output:
            raise OptionError(
                f"{inputs_by_output[output]} and {job.input_text} would both be written to "
                f"{job.output}; let the output differ by {{parent}}, {{name}} or {{index}}"
            )
        inputs_by_output[output] = job.input_text
    for output in inputs_by_output.keys() & inputs.keys():
        raise OptionError(f"{inputs[output]} is an input and would be replaced; name other outputs")


def normalized_path(path: PathLike) -> str:
    """The absolute path as text, one for each place."""
    return os.path.normcase(os.path.abspath(path))


def _json_value(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_json_value(one) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return text_without_secrets(str(value))
