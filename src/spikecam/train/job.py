"""What the recipes share: what they are asked for, and the run that makes a file of weights."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch.utils.data import Dataset

from spikecam.errors import OptionError
from spikecam.io.paths import PathLike
from spikecam.train.config import RunConfig
from spikecam.train.folder import check_run, last_measures
from spikecam.train.run import Report, run
from spikecam.train.samples import Samples
from spikecam.train.stage import Stage
from spikecam.weights.card import Card
from spikecam.weights.store import fingerprint, load_weights, save_weights

Size = TypeVar("Size")
# Samples of training never end.
ENDLESS = 1 << 40


@dataclass(frozen=True)
class Job:
    """What every recipe is asked for.

    Attributes:
        datasets: folders in the layout of Spike-GOPRO or RSB.
        folder: where the run is kept; one that was begun goes on.
        start: weights to begin with, a name of those that ship or a file; None for new ones.
        incomplete: "refuse" or "skip" pairs of which something is missing.
        report: how the run tells of itself.
    """

    datasets: Sequence[PathLike]
    folder: PathLike
    start: PathLike | None = None
    incomplete: str = "refuse"
    report: Report = field(default_factory=Report)


@dataclass(frozen=True)
class Data:
    """What a run sees.

    Attributes:
        train: samples to train with, without end.
        val: samples to judge by, as many as its length.
        count: of pairs, or ``what`` else they are made of.
        settings: that they depend on.
        names: of what they are made of; by default of the data sets.
    """

    train: Dataset[Any]
    val: Any
    count: int
    settings: dict[str, Any]
    what: str = "pairs"
    names: str = ""


def sized(job: Job, kind: str, network: Size) -> Size:
    """The size of the network: that of the weights to begin with, if there are any."""
    if job.start is None:
        return network
    size: Size = load_weights(job.start, kind)[0].config  # type: ignore[assignment]
    if network not in (type(network)(), size):
        raise OptionError(f"{job.start} is of a network of another size, {size}; leave sizes out")
    return size


def train_stage(
    job: Job, config: RunConfig, data: Data, make: Callable[[RunConfig], Stage]
) -> Path:
    """Run a stage, or go on with it; the file of the weights that it makes.

    Args:
        job: what is asked for.
        config: of the run.
        data: what the stage sees.
        make: the stage, new, for a run whose steps are known.

    Raises:
        SpikecamError: as `spikecam.train.run.run` and `load_weights`.
    """
    config = config.for_pairs(data.count)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        stage = make(config)
    network: Any = stage.network
    if job.start is not None:
        network.load_state_dict(load_weights(job.start)[0].state_dict())
    settings = {
        "stage": stage.name,
        "run": config.settings(),
        "network": asdict(network.config),
        "start": None if job.start is None else fingerprint(network),
        **data.settings,
    }
    folder = Path(job.folder)
    check_run(folder, settings)
    # Before the run: its source may change meanwhile.
    source = commit()
    if job.report.say is not None:
        count = sum(values.numel() for values in network.parameters())
        job.report.say(
            f"{stage.name}: {count:,} parameters, {data.count} {data.what} to train with and "
            f"{len(data.val)} to judge by, {config.epoch_steps} steps an epoch"
        )
    samples = Samples(data.train, data.val, config)
    out = folder / f"{stage.name}.safetensors"
    if run(stage, samples, folder, config, settings=settings, report=job.report):
        names = data.names or named(job.datasets)
        scores = sorted(last_measures(folder).items())
        save_weights(
            out,
            network,
            Card(
                name=stage.name,
                summary=stage.summary,
                data=f"{names}: {data.count} {data.what}",
                recipe=job.report.command or "spikecam.train",
                commit=source,
                licence="not stated",
                scores=tuple((name, f"{value:.5g}") for name, value in scores),
                limits="measured on pairs of the same data set alone",
            ),
        )
    return out


def named(folders: Sequence[PathLike]) -> str:
    """Folders by their last names."""
    return ", ".join(Path(one).resolve().name for one in folders)


def commit() -> str:
    """Of spikecam: the commit of its source where there is one, else its version."""
    root = Path(__file__).parents[3]
    version = f"spikecam {metadata.version('spikecam')}"
    if not (root / ".git").exists():
        return version
    words = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        said = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return version
    return said.stdout.strip()
