"""SpikeReveal's Table 3: what each part of the student's loss is worth, by training without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from spikecam.bench import published_figures
from spikecam.bench.comparison import WeightedMethod
from spikecam.bench.deblurring_cases import describe_and_iter_gopro_cases
from spikecam.bench.gopro import Say, ablation_report
from spikecam.bench.report import Report
from spikecam.train.engine.job import TrainingJob
from spikecam.train.recipes.ldn import DistillationConfig, LDNOptions, train_ldn

CONFIGURATIONS = {
    "II-1: reblur 10 alone": DistillationConfig(teacher_weight=0, reblur_weight=10),
    "II-2: teacher alone": DistillationConfig(reblur_weight=0),
    "II-3: teacher, reblur 10": DistillationConfig(reblur_weight=10),
    "II-4: teacher, reblur 50": DistillationConfig(reblur_weight=50),
    "II-5: teacher, reblur 100": DistillationConfig(reblur_weight=100),
    "II-6: teacher, reblur 200": DistillationConfig(reblur_weight=200),
}


def score_losses(
    job: TrainingJob,
    test_folder: Path | None,
    options: LDNOptions,
    *,
    limit: int | None = None,
    say: Say = print,
) -> Report:
    """Train a student by each configuration of the loss, and score all of them.

    Each is a run of its own in the job's folder: what was begun goes on, what is done stays.

    Args:
        job: data sets to train with, and the folder of the runs.
        test_folder: the test set, see `describe_and_iter_gopro_cases`; None for the synthetic set.
        options: of every run, but for the loss.
        limit: how many cases are scored.
        say: takes a line of progress.

    Raises:
        SpikecamError: as `train_ldn`.
    """
    # Before hours of training: the test set is there.
    describe_and_iter_gopro_cases(test_folder, 1, limit)
    trained: Sequence[WeightedMethod] = [
        WeightedMethod(name, "ldn", (str(_trained(name, job, options, say)),))
        for name in CONFIGURATIONS
    ]
    command = job.report.command or "spikecam bench losses"
    figures = published_figures.loss_figures()
    title = "Losses of the student"
    return ablation_report("losses", title, test_folder, trained, figures, limit, command, say)


def _trained(name: str, job: TrainingJob, options: LDNOptions, say: Say) -> Path:
    say(name)
    one = replace(job, output_path=Path(job.output_path) / name.split(":")[0])
    return train_ldn(one, replace(options, loss=CONFIGURATIONS[name])).path
