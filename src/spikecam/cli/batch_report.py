"""Progress and result of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spikecam.batches.job import BatchResult
from spikecam.cli.messages import report, say_aside
from spikecam.cli.progress import showing_job_progress

# Rows of the table of failures on the terminal; all are in the manifest.
_SHOWN_FAILURES = 20


@dataclass
class BatchCounts:
    """How many jobs ended in which way.

    Attributes:
        done: number of jobs that were done now.
        skipped: number of those that had been done before.
        failures: results of those that failed.
    """

    done: int = 0
    skipped: int = 0
    failures: list[BatchResult] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Number of jobs that failed."""
        return len(self.failures)


def follow_results(results: Iterator[BatchResult], count: int, label: str) -> BatchCounts:
    """Count the results of a batch while a progress bar shows them, and say each failure."""
    counts = BatchCounts()
    with showing_job_progress(label, count) as advance:
        for result in results:
            advance(result.state == "skipped", result.state == "failed")
            if result.state == "failed":
                counts.failures.append(result)
                say_aside(f"{result.job.input_text}: {result.error}")
            elif result.state == "skipped":
                counts.skipped += 1
            else:
                counts.done += 1
    return counts


def report_batch(counts: BatchCounts, manifest: Path) -> None:
    """Print how many jobs are done and which failed.

    Raises:
        SystemExit: with code 1, some failed.
    """
    from spikecam.show.table import format_markdown_table

    words = [f"{counts.done} done", f"{counts.skipped} done before", f"{counts.failed} failed"]
    lines = []
    rows = [{"input": one.job.input_text, "error": one.error} for one in counts.failures]
    if len(rows) > 1:
        lines += [format_markdown_table(rows[:_SHOWN_FAILURES])]
    if len(rows) > _SHOWN_FAILURES:
        lines.append(f"and {len(rows) - _SHOWN_FAILURES} more in {manifest}")
    lines.append(f"{', '.join(words)}; manifest: {manifest}")
    report(
        "\n".join(lines),
        {
            "done": counts.done,
            "skipped": counts.skipped,
            "failed": [one.job.settings() | {"error": one.error} for one in counts.failures],
            "manifest": manifest,
        },
    )
    if counts.failures:
        raise SystemExit(1)
