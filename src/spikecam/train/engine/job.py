"""What a recipe is asked for, how it reports, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spikecam.io.paths import PathLike


@dataclass(frozen=True)
class RunReport:
    """How a training run reports: its messages, progress bar and stop check.

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

    def say_line(self, text: str) -> None:
        """Print a line of text, unless the run is silent."""
        if self.say is not None:
            self.say(text)


@dataclass(frozen=True)
class TrainingJob:
    """What a training recipe is asked to do: its sources, its output, and how it reports.

    Attributes:
        sources: the data, see `spikecam.train.recipe.SourceArguments`.
        output_path: folder of the run, where one that was begun goes on; see each recipe for
            others.
        report: how the run reports.
    """

    sources: Sequence[PathLike]
    output_path: PathLike
    report: RunReport = field(default_factory=RunReport)


@dataclass(frozen=True)
class TrainingResult:
    """Result of a training recipe: the file, its measures, and a line of text.

    Attributes:
        path: the file of weights, or the folder.
        measures: by name, of the last validation.
        text: one line that says both.
    """

    path: Path
    measures: Mapping[str, float]
    text: str
