"""Scores of SpikeGen with both inputs and with each alone, by steps and samples."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import spikecam as sc
from spikecam.bench.affine_fit import apply_best_gain_and_offset
from spikecam.bench.comparison import (
    BLURRY_PICTURE,
    DeblurringMethod,
    WeightedMethod,
    network_free_reconstruction_names,
    score_methods,
)
from spikecam.bench.deblurring_cases import DeblurringCase, describe_and_iter_gopro_cases
from spikecam.bench.gopro import THRESHOLDS, Say
from spikecam.bench.metric_availability import (
    NATURALNESS_METRICS,
    choose_metrics,
    mean_score,
    score_picture,
)
from spikecam.bench.reconstruct import ScoredRecording, describe_and_iter_recordings
from spikecam.bench.report import Report, Table
from spikecam.generation.methods.spikegen import SpikegenOptions
from spikecam.gray import as_gray
from spikecam.io.paths import PathLike
from spikecam.metrics.score import METRICS
from spikecam.picture import Picture

_METRICS = ("psnr", "ssim", "ms_ssim", *NATURALNESS_METRICS)
STEPS = (1, 2, 5, 10, 50, 100)


Weights = tuple[PathLike, PathLike]


@dataclass(frozen=True)
class SpikegenMethod:
    """SpikeGen with its options, as a deblurring method to compare.

    Attributes:
        label: in tables.
        options: of SpikeGen.
        with_spikes: whether the spikes are an input; otherwise the picture is alone.
    """

    label: str
    options: Mapping[str, Any]
    with_spikes: bool = True

    def pictures(self, case: DeblurringCase, frames: Sequence[int]) -> list[Picture]:
        """Sharp pictures of these frames: the mean of the samples of each."""
        stream = case.stream if self.with_spikes else None
        selected = list(frames) if self.with_spikes else None
        samples = sc.generate_frames(case.blur, stream, frames=selected, **self.options)
        results = [sample.mean for sample in samples]
        return results if self.with_spikes else results * len(frames)


def score_spikegen(
    data_folder: Path | None = None,
    dense_folder: Path | None = None,
    *,
    weights: Weights = ("spikegen", "autoencoder"),
    thresholds: Sequence[int] = THRESHOLDS,
    steps: Sequence[int] = STEPS,
    limit: int | None = None,
    command: str = "spikecam bench generation",
    say: Say = print,
) -> Report:
    """Score SpikeGen, and return the report.

    It has tables of deblurring, each input alone, steps, and dense reconstruction.

    Args:
        data_folder: a data set (see `describe_and_iter_gopro_cases`); None for the synthetic set.
        dense_folder: recordings of spikes alone with their truth (see
            `describe_and_iter_recordings`), or None likewise.
        weights: of SpikeGen and its autoencoder; names of those that ship, or files.
        thresholds: V_th.
        steps: numbers of DDIM steps whose scores and times are measured.
        limit: number of cases and recordings, from the first.
        command: command line to print in the report.
        say: takes a line of progress.
    """
    networks: dict[str, Any] = {"weights": weights[0], "autoencoder": weights[1]}
    one_step = {"steps": 1, **networks}
    colour_entries: list[DeblurringMethod] = [
        WeightedMethod(BLURRY_PICTURE),
        *map(WeightedMethod.parse, ("sdm", "ldn", "refined")),
        SpikegenMethod("spikegen, mean of 8", networks),
        SpikegenMethod("spikegen, one sample", {"samples": 1, **networks}),
        SpikegenMethod("spikegen, one step", one_step),
        SpikegenMethod("spikegen, picture alone", one_step, with_spikes=False),
    ]
    gray_entries: list[DeblurringMethod] = [
        SpikegenMethod("spikegen, spikes alone", {"mix": 1, **one_step})
    ]
    names, missing = choose_metrics(None, _METRICS, say)
    rows: dict[str, dict[str, Any]] = {}
    pictures: dict[str, dict[str, Picture]] = {}
    source = ""
    for threshold in thresholds:
        source, cases = describe_and_iter_gopro_cases(data_folder, threshold, limit)
        say(f"V_th = {threshold}: {source}")
        case_list = list(cases)
        for entries, scored_cases in (
            (colour_entries, case_list),
            (gray_entries, [_gray_case(case) for case in case_list]),
        ):
            scores, case_pictures = score_methods(scored_cases, entries, names)
            for label, results in scores.items():
                row = rows.setdefault(label, {"method": label})
                for name in names:
                    row[f"{METRICS[name].heading}, V_th {threshold}"] = results.mean(name)
            for scene, images in case_pictures.items():
                scene_pictures = pictures.setdefault(f"{scene}, V_th = {threshold}", {})
                scene_pictures.update(
                    {label: image for label, image in images.items() if label not in scene_pictures}
                )
    tables = [
        Table(
            "deblurring",
            "Deblurring, and each modality alone",
            list(rows.values()),
            [
                "spikes alone, which have no colours, are scored against the gray truth; their "
                "brightness on the whole is that of the blurry picture",
                *missing.values(),
            ],
        )
    ]
    source_dense, streams = describe_and_iter_recordings(dense_folder, None, limit)
    say(source_dense)
    recording_list = list(streams)
    tables.append(_dense_reconstruction_table(recording_list, weights, names, pictures))
    _, cases = describe_and_iter_gopro_cases(data_folder, thresholds[0], 2)
    tables.append(_ddim_steps_table(list(cases), weights, steps, say))
    return Report("generation", "SpikeGen", f"{source}; {source_dense}", command, tables, pictures)


def _gray_case(case: DeblurringCase) -> DeblurringCase:
    """A copy of a test case with gray pictures."""

    def gray(picture: Picture) -> Picture:
        # Of light: the gray that the spikes see.
        encoding = case.encoding
        return encoding.encode(as_gray(encoding.decode(picture)))

    truth = {frame: gray(picture) for frame, picture in case.truth.items()}
    return DeblurringCase(case.name, gray(case.blur), case.stream, truth, case.encoding)


def _dense_reconstruction_table(
    recording_list: Sequence[ScoredRecording],
    weights: Weights,
    metrics: Sequence[str],
    pictures: dict[str, dict[str, Picture]],
) -> Table:
    """Table of scores of reconstruction from spikes alone.

    Gain and offset of each picture are fitted to the truth.
    """
    entries: dict[str, Any] = {
        name: lambda recording, name=name: sc.reconstruct(
            recording.stream, recording.frame_index, name
        )
        for name in network_free_reconstruction_names()
    }
    networks: dict[str, Any] = {"weights": weights[0], "autoencoder": weights[1]}
    options: dict[str, Any]
    for label, options in (
        ("spikegen, fusion and spikes", {}),
        ("spikegen, one step", {"steps": 1}),
        ("spikegen, spikes alone", {"mix": 1, "steps": 1}),
    ):
        entries[label] = lambda recording, options=options: (
            sc.generate(
                None, recording.stream, at=recording.frame_index, **options, **networks
            ).mean
        )
    rows = []
    for label, reconstruct_frame in entries.items():
        values = []
        for recording in recording_list:
            assert recording.truth is not None
            fitted = apply_best_gain_and_offset(reconstruct_frame(recording), recording.truth)
            values.append(score_picture(fitted, recording.truth, metrics))
            pictures.setdefault(recording.name, {})[label] = fitted
        means = {METRICS[n].heading: mean_score([v[n] for v in values]) for n in metrics}
        rows.append({"method": label, **means})
    for recording in recording_list:
        assert recording.truth is not None
        pictures[recording.name]["truth"] = recording.truth
    note = "each picture x is scored as a x + b, with the a and b of least squares to the truth"
    return Table("dense", f"Dense reconstruction ({len(recording_list)} recordings)", rows, [note])


def _ddim_steps_table(
    cases: Sequence[DeblurringCase], weights: Weights, step_counts: Sequence[int], say: Say
) -> Table:
    """Table of PSNR and time by the number of DDIM steps.

    It also says how the spread of the samples correlates with the error.
    """
    rows = []
    for steps in step_counts:
        options: dict[str, Any] = {"steps": steps, "weights": weights[0], "autoencoder": weights[1]}
        mean, single_sample, correlations, seconds = [], [], [], []
        for case in cases:
            frames = sorted(case.truth)[:3]
            results = sc.generate_frames(case.blur, case.stream, frames=frames, **options)
            for index, frame in enumerate(frames):
                start = time.perf_counter()
                result = next(results)
                if index:
                    # The first frame also loads the networks, and is not timed.
                    seconds.append(time.perf_counter() - start)
                truth = case.truth[frame]
                mean.append(sc.score(result.mean, truth, ["psnr"])["psnr"])
                single_sample.append(sc.score(result.samples[0], truth, ["psnr"])["psnr"])
                correlations.append(
                    _correlation(np.abs(result.mean - truth).mean(axis=2), result.spread)
                )
        say(f"{steps} steps")
        rows.append(
            {
                "steps": str(steps),
                "samples": str(SpikegenOptions(steps=steps).sample_count),
                "PSNR of the mean ↑": float(np.mean(mean)),
                "PSNR of one ↑": float(np.mean(single_sample)),
                "spread and error, correlated ↑": None
                if steps == 1
                else float(np.mean(correlations)),
                "s a frame": float(np.median(seconds)) if seconds else None,
            }
        )
    return Table("steps", f"Steps of DDIM ({len(cases)} scenes, 3 frames each)", rows)


def _correlation(first: Picture, second: Picture) -> float:
    """Pearson's correlation of two pictures; 0 if one of them is constant."""
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])
