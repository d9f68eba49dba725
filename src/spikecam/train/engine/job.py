"""What a recipe is asked for, how it reports, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spikecam.io.paths import PathLike


@dataclass(frozen=True)
class Report:
    """How a run reports.

    Attributes:
        say: takes a line of text, in the first of several processes.
        progress_bar: whether a progress bar is drawn, rather than a line said after each epoch.
        command: the command line that began the run, for the card of its weights.
        check_stop: called at every step; raises what ends the run.
    """

    say: Callable[[str], None] | None = None
    progress_bar: bool = False
    command: str = ""
    check_stop: Callable[[], None] | None = None

    def line(self, text: str) -> None:
        """Pass on a line of text, if anybody takes it."""
        if self.say is not None:
            self.say(text)


@dataclass(frozen=True)
class Job:
    """What every recipe is asked for, beside its options.

    Attributes:
        sources: the data, see `spikecam.train.recipe.Sources`.
        out: folder of the run, where one that was begun goes on; see each recipe for others.
        report: how the run reports.
    """

    sources: Sequence[PathLike]
    out: PathLike
    report: Report = field(default_factory=Report)


@dataclass(frozen=True)
class TrainingResult:
    """What a recipe made.

    Attributes:
        path: the file of weights, or the folder.
        measures: by name, of the last validation.
        text: one line that says both.
    """

    path: Path
    measures: Mapping[str, float]
    text: str
