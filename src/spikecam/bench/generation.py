"""What SpikeGen is worth: both modalities and each alone, by steps and samples, beside others."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import spikecam as sc
from spikecam.bench.affine_fit import affine_fit
from spikecam.bench.comparison import BLURRY_PICTURE, Entry, Maker, compare_entries
from spikecam.bench.deblurring_cases import Case, gopro_cases
from spikecam.bench.gopro import THRESHOLDS, Say
from spikecam.bench.reconstruct import Recording, recordings
from spikecam.bench.report import Report, Table
from spikecam.generation.methods.spikegen import SpikegenOptions
from spikecam.gray import as_gray
from spikecam.io.paths import PathLike
from spikecam.metrics.score import METRICS
from spikecam.picture import Picture

_METRICS = ("psnr", "ssim", "ms_ssim")
STEPS = (1, 2, 5, 10, 50, 100)


Weights = tuple[PathLike, PathLike]


@dataclass(frozen=True)
class Drawn:
    """SpikeGen as one of the methods of a contest.

    Attributes:
        label: in tables.
        options: of SpikeGen.
        spikes: whether it is given any.
    """

    label: str
    options: Mapping[str, Any]
    spikes: bool = True

    def pictures(self, case: Case, frames: Sequence[int]) -> list[Picture]:
        """Pictures of these frames."""
        stream = case.stream if self.spikes else None
        chosen = list(frames) if self.spikes else None
        made = sc.generate_frames(case.blur, stream, frames=chosen, **self.options)
        found = [one.mean for one in made]
        return found if self.spikes else found * len(frames)


def generation(
    folder: Path | None = None,
    dense: Path | None = None,
    *,
    weights: Weights = ("spikegen", "autoencoder"),
    thresholds: Sequence[int] = THRESHOLDS,
    steps: Sequence[int] = STEPS,
    limit: int | None = None,
    command: str = "spikecam bench generation",
    say: Say = print,
) -> Report:
    """Tables of deblurring, of each modality alone, of steps, and of dense reconstruction.

    Args:
        folder: a data set (see `gopro_cases`), or None for the stand-in.
        dense: recordings of spikes alone with their truth (see `recordings`), or None likewise.
        weights: of SpikeGen and its autoencoder; names of those that ship, or files.
        thresholds: V_th.
        steps: of DDIM, whose worth and time are told.
        limit: how many cases and recordings, from the first.
        command: to state.
        say: takes a line of progress.
    """
    networks: dict[str, Any] = {"weights": weights[0], "autoencoder": weights[1]}
    one = {"steps": 1, **networks}
    colours: list[Maker] = [
        Entry(BLURRY_PICTURE),
        *map(Entry.parse, ("sdm", "ldn", "refined")),
        Drawn("spikegen, mean of 8", networks),
        Drawn("spikegen, one sample", {"samples": 1, **networks}),
        Drawn("spikegen, one step", one),
        Drawn("spikegen, picture alone", one, spikes=False),
    ]
    gray: list[Maker] = [Drawn("spikegen, spikes alone", {"mix": 1, **one})]
    rows: dict[str, dict[str, Any]] = {}
    pictures: dict[str, dict[str, Picture]] = {}
    source = ""
    for threshold in thresholds:
        source, cases = gopro_cases(folder, threshold, limit)
        say(f"V_th = {threshold}: {source}")
        held = list(cases)
        for makers, judged in ((colours, held), (gray, [_gray(case) for case in held])):
            scores, shown = compare_entries(judged, makers, _METRICS)
            for label, found in scores.items():
                row = rows.setdefault(label, {"method": label})
                for name in _METRICS:
                    row[f"{METRICS[name].heading}, V_th {threshold}"] = found.mean(name)
            for scene, made in shown.items():
                page = pictures.setdefault(f"{scene}, V_th = {threshold}", {})
                page.update({label: one for label, one in made.items() if label not in page})
    tables = [
        Table(
            "deblurring",
            "Deblurring, and each modality alone",
            list(rows.values()),
            [
                "spikes alone, which have no colours, are judged by the gray truth; their "
                "brightness on the whole is that of the blurry picture"
            ],
        )
    ]
    source_dense, streams = recordings(dense, None, limit)
    say(source_dense)
    held_streams = list(streams)
    tables.append(_dense(held_streams, weights, pictures))
    _, cases = gopro_cases(folder, thresholds[0], 2)
    tables.append(_steps(list(cases), weights, steps, say))
    return Report("generation", "SpikeGen", f"{source}; {source_dense}", command, tables, pictures)


def _gray(case: Case) -> Case:
    """The same without colours."""
    truth = {frame: as_gray(picture) for frame, picture in case.truth.items()}
    return Case(case.name, as_gray(case.blur), case.stream, truth)


def _dense(
    held: Sequence[Recording], weights: Weights, pictures: dict[str, dict[str, Picture]]
) -> Table:
    """Spikes alone, every picture brought as near to the truth as gain and offset can."""
    makers: dict[str, Any] = {
        name: lambda one, name=name: sc.reconstruct(one.stream, one.at, name)
        for name in ("tfp", "tfi", "tfstp")
    }
    networks: dict[str, Any] = {"weights": weights[0], "autoencoder": weights[1]}
    options: dict[str, Any]
    for label, options in (
        ("spikegen, TFP and spikes", {}),
        ("spikegen, one step", {"steps": 1}),
        ("spikegen, spikes alone", {"mix": 1, "steps": 1}),
    ):
        makers[label] = lambda one, options=options: (
            sc.generate(None, one.stream, at=one.at, **options, **networks).mean
        )
    rows = []
    for label, make in makers.items():
        values = []
        for one in held:
            assert one.truth is not None
            fitted = affine_fit(make(one), one.truth)
            values.append(sc.score(fitted, one.truth, _METRICS))
            pictures.setdefault(one.name, {})[label] = fitted
        means = {METRICS[n].heading: float(np.mean([v[n] for v in values])) for n in _METRICS}
        rows.append({"method": label, **means})
    for one in held:
        assert one.truth is not None
        pictures[one.name]["truth"] = one.truth
    note = "each picture x is judged as a x + b, with the a and b of least squares to the truth"
    return Table("dense", f"Dense reconstruction ({len(held)} recordings)", rows, [note])


def _steps(cases: Sequence[Case], weights: Weights, counts: Sequence[int], say: Say) -> Table:
    """What steps of DDIM are worth, what they cost, and whether the spread tells errors."""
    rows = []
    for steps in counts:
        options: dict[str, Any] = {"steps": steps, "weights": weights[0], "autoencoder": weights[1]}
        mean, single, related, seconds = [], [], [], []
        for case in cases:
            frames = sorted(case.truth)[:3]
            found = sc.generate_frames(case.blur, case.stream, frames=frames, **options)
            for number, frame in enumerate(frames):
                start = time.perf_counter()
                one = next(found)
                if number:
                    # What is loaded once is no frame's time.
                    seconds.append(time.perf_counter() - start)
                truth = case.truth[frame]
                mean.append(sc.score(one.mean, truth, ["psnr"])["psnr"])
                single.append(sc.score(one.samples[0], truth, ["psnr"])["psnr"])
                related.append(_correlated(np.abs(one.mean - truth).mean(axis=2), one.spread))
        say(f"{steps} steps")
        rows.append(
            {
                "steps": str(steps),
                "samples": str(SpikegenOptions(steps=steps).sample_count),
                "PSNR of the mean ↑": float(np.mean(mean)),
                "PSNR of one ↑": float(np.mean(single)),
                "spread and error, correlated ↑": None if steps == 1 else float(np.mean(related)),
                "s a frame": float(np.median(seconds)) if seconds else None,
            }
        )
    return Table("steps", f"Steps of DDIM ({len(cases)} scenes, 3 frames each)", rows)


def _correlated(one: Picture, other: Picture) -> float:
    """Pearson's correlation of two pictures; 0 where one of them is even."""
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
