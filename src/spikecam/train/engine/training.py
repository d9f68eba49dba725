"""Training of a stage to a file of weights: what all recipes end in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch.utils.data import Dataset

from spikecam.errors import OptionError
from spikecam.io.paths import PathLike
from spikecam.networks.architecture import InputConfig, find_architecture
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.csv_logger import last_validation_measures
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.engine.run_folder import check_run_settings
from spikecam.train.engine.sampler import SampleDataModule
from spikecam.train.engine.stage import Stage
from spikecam.train.engine.trainer import run_training
from spikecam.weights.card import Card
from spikecam.weights.catalogue import read_weights_info
from spikecam.weights.store import load_weights, save_weights, weights_fingerprint

Size = TypeVar("Size")


@dataclass(frozen=True)
class TrainingData:
    """Samples of a training run, and what its settings and card say of them.

    Attributes:
        train: training samples by number, without end.
        val: validation samples, as many as its length.
        count: of pairs, or ``units`` else that the training samples are made of.
        settings: that the samples depend on.
        units: what they are made of, plural.
        names: of the data; by default the names of the job's sources.
        input_config: constants with which the input tensors are built; by default those of the
            network.
    """

    train: Dataset[Any]
    val: Any
    count: int
    settings: dict[str, Any]
    units: str = "pairs"
    names: str = ""
    input_config: InputConfig | None = None


def choose_network_size(start_weights: PathLike | None, kind: str, requested_size: Size) -> Size:
    """Choose the size of a network: that of the weights to start from, else as requested.

    Args:
        start_weights: a name of weights that ship, or a file; None for new weights.
        kind: of network.
        requested_size: its configuration, as asked for.

    Raises:
        SpikecamError: as `load_weights`.
        OptionError: another size was asked for than that of the weights.
    """
    if start_weights is None:
        return requested_size
    start_size: Size = load_weights(start_weights, kind)[0].config  # type: ignore[assignment]
    if requested_size not in (type(requested_size)(), start_size):
        raise OptionError(
            f"{start_weights} is of a network of another size, {start_size}; leave sizes out"
        )
    return start_size


def choose_network_input(start_weights: PathLike | None, kind: str) -> Any:
    """Choose a network's input constants: those of the weights to start from, else defaults.

    Args:
        start_weights: a name of weights that ship, or a file; None for new weights.
        kind: of network.

    Raises:
        SpikecamError: as `read_weights_info`.
    """
    if start_weights is None:
        return find_architecture(kind).input_config()
    return read_weights_info(start_weights, kind).input_config


def train_and_save_weights(
    job: TrainingJob,
    config: RunConfig,
    data: TrainingData,
    make_stage: Callable[[], Stage],
    *,
    start: PathLike | None = None,
) -> TrainingResult:
    """Train a stage, or resume it, and write the file of its weights.

    Args:
        job: what is asked for.
        config: of the run.
        data: its samples.
        make_stage: makes the stage, with new weights.
        start: weights to start from instead.

    Raises:
        SpikecamError: as `run_training` and `load_weights`.
    """
    config = config.with_steps_for(data.count)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        stage = make_stage()
    network: Any = stage.network
    if start is not None:
        network.load_state_dict(load_weights(start)[0].state_dict())
    if data.input_config is not None:
        network.input_config = data.input_config
    settings = {
        "stage": stage.name,
        "run": config.reproducible_settings(),
        "network": asdict(network.config),
        "input": asdict(network.input_config),
        "start": None if start is None else weights_fingerprint(network),
        **data.settings,
    }
    folder = Path(job.output_path)
    check_run_settings(folder, settings)
    # Before the run: its source may change meanwhile.
    commit = source_version()
    parameters = sum(values.numel() for values in network.parameters())
    job.report.say_line(
        f"{stage.name}: {parameters:,} parameters, {data.count} {data.units} for training and "
        f"{len(data.val)} samples for validation, {config.steps_per_epoch} steps an epoch"
    )
    samples = SampleDataModule(data.train, data.val, config)
    out = folder / f"{stage.name}.safetensors"
    if run_training(stage, samples, folder, config, settings=settings, report=job.report):
        names = data.names or join_last_names(job.sources)
        scores = sorted(last_validation_measures(folder).items())
        save_weights(
            out,
            network,
            Card(
                name=stage.name,
                summary=stage.summary,
                data=f"{names}: {data.count} {data.units}",
                recipe=job.report.command or "spikecam.train",
                commit=commit,
                licence="not stated",
                scores=tuple((name, f"{value:.5g}") for name, value in scores),
                limits="measured on pairs of the same data set alone",
            ),
        )
    measures = dict(sorted(last_validation_measures(folder).items()))
    text = ", ".join(f"{name} {value:.4g}" for name, value in measures.items())
    return TrainingResult(out, measures, f"{out}: {text}")


def join_last_names(folders: Sequence[PathLike]) -> str:
    """Join the last names of folders to a text."""
    return ", ".join(Path(one).resolve().name for one in folders)


def source_version() -> str:
    """Version of spikecam: the commit of its source, or else its release."""
    root = Path(__file__).parents[4]
    release = f"spikecam {metadata.version('spikecam')}"
    if not (root / ".git").exists():
        return release
    words = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        ended = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return release
    return ended.stdout.strip()
