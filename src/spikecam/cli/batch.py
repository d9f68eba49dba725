"""``spikecam batch``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from spikecam.batches.batch import batch as run_batch
from spikecam.batches.dask_workers import DaskWorkers, cluster_workers
from spikecam.batches.job import BatchJob, check_outputs_differ
from spikecam.batches.job_list import (
    find_inputs,
    jobs_of_inputs,
    jobs_of_table,
    options_of_words,
)
from spikecam.batches.local_workers import LocalWorkers
from spikecam.batches.manifest import MANIFEST_NAME, Manifest
from spikecam.batches.output_template import fixed_folder, has_field
from spikecam.cli.batch_commands import check_batch_command, check_words
from spikecam.cli.batch_report import follow_results, report_batch
from spikecam.cli.interrupt import notifying_of_interruption
from spikecam.cli.messages import report, say, set_verbosity, verbosity
from spikecam.cli.options import OUTPUT_GROUP
from spikecam.errors import OptionError
from spikecam.resources import usable_cores

if TYPE_CHECKING:
    from concurrent.futures import Executor

_COMMON_OPTIONS = {"--quiet": "quiet", "-q": "quiet", "--json": "as_json", "--debug": "debug"}
WORKERS_GROUP = Group.create_ordered("Workers", sort_key=0)


def batch(
    command: Annotated[str, Parameter(name="COMMAND")],
    /,
    *words: Annotated[str, Parameter(name="PATTERN", allow_leading_hyphen=True)],
    out: Annotated[
        str | None, Parameter(alias="-o", metavar="TEMPLATE", group=OUTPUT_GROUP)
    ] = None,
    table: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    split: Annotated[int | None, Parameter(metavar="SPANS")] = None,
    dry_run: bool = False,
    manifest: Annotated[Path | None, Parameter(metavar="FILE", group=OUTPUT_GROUP)] = None,
    workers: Annotated[int | None, Parameter(metavar="N", group=WORKERS_GROUP)] = None,
    scheduler: Annotated[str | None, Parameter(metavar="ADDRESS", group=WORKERS_GROUP)] = None,
) -> None:
    """Run a command over many recordings, or over the parts of a long one.

    A batch that was stopped goes on when it is repeated; jobs that failed are tried again.

    Options of the command follow the patterns. Exit codes: 0 all done, 1 some failed, 2 refused.

    Args:
        command: One that writes an output of an input, such as reconstruct.
        words: Files, or patterns such as 'data/**/*.dat' in quotes; then options of the command,
            in which and in further arguments the fields of TEMPLATE may stand.
        out: The outputs; {stem}, {name}, {parent}, {folder} and {index} are parts of the input's
            name.
        table: Jobs from a .csv or .jsonl in place of patterns: input, output, and options by name.
        split: Cut the film of one recording into so many spans, and join what is made of them.
        dry_run: List the jobs, and run none.
        manifest: What was done, as JSON Lines; by default batch.jsonl in the outputs' folder.
        workers: Processes on this machine; by default one for each core.
        scheduler: A Dask cluster to work on, such as tcp://10.0.0.1:8786, in place of this machine.
    """
    check_batch_command(command)
    if scheduler is not None and workers is not None:
        raise OptionError("a cluster has workers of its own; leave --workers or --scheduler out")
    patterns, arguments, options = split_words(take_common_options(words))
    if split is not None:
        if table is not None or manifest is not None:
            raise OptionError("--split is for one recording; leave --table and --manifest out")
        # Loaded when it is used: it needs all methods.
        from spikecam.cli.batch_spans import join_spans, plan_spans

        film = plan_spans(command, [*patterns, *arguments], out, options, split)
        jobs, manifest = film.jobs, film.folder / MANIFEST_NAME
    else:
        film = None
        jobs = make_jobs(command, patterns, arguments, options, out, table)
        manifest = manifest or default_manifest(out, table)
    check_outputs_differ(jobs)
    check_words(jobs[0].words())
    if dry_run:
        list_jobs(jobs, manifest)
        return
    with (
        notifying_of_interruption("repeat the command to go on with the jobs that are missing"),
        batch_workers(scheduler, workers, len(jobs)) as pool,
    ):
        results = follow_results(run_batch(jobs, pool, manifest), len(jobs), command)
        if film is not None and not results.failed:
            join_spans(film)
            return
    report_batch(results, manifest)


def take_common_options(words: Sequence[str]) -> list[str]:
    """The words without the options of every command, which are applied.

    Among words that may be options cyclopts leaves them to the command.
    """
    switches = {_COMMON_OPTIONS[word]: True for word in words if word in _COMMON_OPTIONS}
    set_verbosity(replace(verbosity(), **switches))
    return [word for word in words if word not in _COMMON_OPTIONS]


def split_words(words: Sequence[str]) -> tuple[list[str], list[str], dict[str, Any]]:
    """Split what follows the command into patterns, further arguments with fields, and options."""
    count = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    patterns = [word for word in words[:count] if not has_field(word)]
    arguments = [word for word in words[:count] if has_field(word)]
    return patterns, arguments, options_of_words(words[count:])


def make_jobs(
    command: str,
    patterns: Sequence[str],
    arguments: Sequence[str],
    options: dict[str, Any],
    out: str | None,
    table: Path | None,
) -> list[BatchJob]:
    """The jobs of the command line, from patterns or from a table.

    Raises:
        OptionError: neither or both, or patterns without an output.
    """
    if table is not None:
        if patterns or arguments:
            raise OptionError("jobs come from --table or from patterns; leave one of them out")
        return jobs_of_table(command, table, out, options)
    if not patterns:
        raise OptionError(
            f"spikecam batch {command} needs files or a pattern such as 'data/**/*.dat', or --table"
        )
    if out is None:
        raise OptionError("the outputs have no name; give one, such as -o 'out/{stem}.png'")
    return list(jobs_of_inputs(command, find_inputs(patterns), out, options, arguments))


def default_manifest(out: str | None, table: Path | None) -> Path:
    """Path of the manifest where none is given."""
    if out is not None:
        return fixed_folder(out) / MANIFEST_NAME
    assert table is not None
    return table.with_name(f"{table.stem}.{MANIFEST_NAME}")


def list_jobs(jobs: Sequence[BatchJob], manifest: Path) -> None:
    """Print the jobs, and which of them are done."""
    with Manifest(manifest) as records:
        rows = [(job, records.is_done(job)) for job in jobs]
    done = sum(is_done for _, is_done in rows)
    lines = [
        f"{job.input_text} -> {job.output}{'  (done)' if is_done else ''}" for job, is_done in rows
    ]
    report(
        "\n".join([*lines, f"{len(jobs)} jobs, {done} of them done"]),
        {"jobs": [job.settings() | {"done": is_done} for job, is_done in rows]},
    )


@contextmanager
def batch_workers(
    scheduler: str | None, workers: int | None, job_count: int
) -> Iterator[Executor | DaskWorkers]:
    """Context with the workers of a batch: processes of this machine, or those of a cluster."""
    if scheduler is not None:
        with cluster_workers(scheduler) as pool:
            count = pool.worker_count
            say(f"{count} worker{'s' if count > 1 else ''}; dashboard: {pool.dashboard}")
            yield pool
        return
    local = LocalWorkers(min(usable_cores(), job_count) if workers is None else workers)
    try:
        yield local
    except BaseException:
        local.stop()
        raise
    local.shutdown()
