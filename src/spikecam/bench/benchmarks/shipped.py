"""Quality of all weights that ship, on pictures that install with scikit-image.

Photographs of scikit-image move in front of the simulated camera, or lie out of its focus; seeds
are fixed, and nothing was trained or tuned on them. Each figure stands beside the one recorded with
the weights that ship, so that a change of a network, its input or its weights shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikecam.bench.benchmark import Benchmark, RunContext

if TYPE_CHECKING:
    from spikecam.bench.report import Report

# Largest distance from a recorded figure, dB: processors round differently.
TOLERANCE_DB = 0.1
# Methods of deblurring with their weights, at each threshold.
_DEBLURRING = (
    ("sdm", ""),
    ("ldn", "ldn"),
    ("teacher", "bsn, edsr"),
    ("refined", "refined-selfsup"),
    ("refined", "refined-small"),
    ("refined", "refined"),
)
THRESHOLDS = (1, 2, 4)
# Photographs of scikit-image, from the first of `synthetic_set` and of `out_of_focus`.
_SCENES = 3
# Frames of each exposure that are scored.
_FRAMES = (20, 68)
# Mean PSNR, dB, by task, method, weights and setting.
RECORDED: dict[tuple[str, str, str, str], float] = {
    ("deblurring", "blurry picture", "", "V_th 1"): 19.39,
    ("deblurring", "sdm", "", "V_th 1"): 23.6,
    ("deblurring", "ldn", "ldn", "V_th 1"): 20.44,
    ("deblurring", "teacher", "bsn, edsr", "V_th 1"): 21.53,
    ("deblurring", "refined", "refined-selfsup", "V_th 1"): 26.47,
    ("deblurring", "refined", "refined-small", "V_th 1"): 26.32,
    ("deblurring", "refined", "refined", "V_th 1"): 28.17,
    ("deblurring", "spikegen, one step, middle frame", "spikegen, autoencoder", "V_th 1"): 28.57,
    ("deblurring", "blurry picture", "", "V_th 2"): 19.39,
    ("deblurring", "sdm", "", "V_th 2"): 23.17,
    ("deblurring", "ldn", "ldn", "V_th 2"): 19.73,
    ("deblurring", "teacher", "bsn, edsr", "V_th 2"): 20.93,
    ("deblurring", "refined", "refined-selfsup", "V_th 2"): 26.12,
    ("deblurring", "refined", "refined-small", "V_th 2"): 25.99,
    ("deblurring", "refined", "refined", "V_th 2"): 27.72,
    ("deblurring", "spikegen, one step, middle frame", "spikegen, autoencoder", "V_th 2"): 28.09,
    ("deblurring", "blurry picture", "", "V_th 4"): 19.39,
    ("deblurring", "sdm", "", "V_th 4"): 22.21,
    ("deblurring", "ldn", "ldn", "V_th 4"): 19.17,
    ("deblurring", "teacher", "bsn, edsr", "V_th 4"): 19.91,
    ("deblurring", "refined", "refined-selfsup", "V_th 4"): 25.44,
    ("deblurring", "refined", "refined-small", "V_th 4"): 25.34,
    ("deblurring", "refined", "refined", "V_th 4"): 26.78,
    ("deblurring", "spikegen, one step, middle frame", "spikegen, autoencoder", "V_th 4"): 27.12,
    ("spikes-alone", "tfp", "", "moving"): 31.75,
    ("spikes-alone", "tfi", "", "moving"): 23.69,
    ("spikes-alone", "tfstp", "", "moving"): 23.98,
    ("spikes-alone", "defocus, window 25", "defocus", "moving"): 37.12,
    ("spikes-alone", "spikegen, one step", "spikegen, autoencoder", "moving"): 35.19,
    ("defocus", "tfp", "", "discs of 2 pixels"): 29.38,
    ("defocus", "defocus", "defocus", "discs of 2 pixels"): 32.19,
}


@dataclass(frozen=True)
class ShippedOptions:
    """Options of the benchmark.

    Attributes:
        task: deblurring, spikes-alone or defocus; all by default.
    """

    task: str | None = None


def run(options: ShippedOptions, context: RunContext) -> Report:
    """Run the benchmark and return its report.

    The report has the mean PSNR of all weights, beside the recorded one.
    """
    from spikecam.bench.report import Report, Table
    from spikecam.errors import OptionError

    tasks = {
        "deblurring": iter_deblurring_scores,
        "spikes-alone": iter_spikes_alone_scores,
        "defocus": iter_defocus_scores,
    }
    if options.task is not None and options.task not in tasks:
        raise OptionError(f"no task {options.task!r}; known tasks: {', '.join(tasks)}")
    rows, failures = [], []
    for task in [options.task] if options.task else tasks:
        for method, weights, setting, psnr in tasks[task]():
            recorded = RECORDED.get((task, method, weights, setting))
            rows.append(
                {
                    "task": task,
                    "method": method,
                    "weights": weights,
                    "setting": setting,
                    "PSNR ↑": round(psnr, 2),
                    "recorded": recorded,
                }
            )
            context.say(f"{task}: {method} {weights} {setting}: {psnr:.2f} dB")
            if recorded is not None and abs(psnr - recorded) > TOLERANCE_DB:
                failures.append(
                    f"{method} {weights} has {psnr:.2f} dB in {task}, {setting}; "
                    f"recorded were {recorded:.2f}"
                )
    source = "photographs of scikit-image, simulated"
    table = Table("shipped", "Weights that ship, mean PSNR in dB", rows)
    return Report(
        "shipped", "Weights that ship", source, context.command, [table], failures=failures
    )


def iter_deblurring_scores() -> Iterator[tuple[str, str, str, float]]:
    """Yield the mean PSNR of each deblurring method.

    It is measured on moving photographs, at three thresholds.
    """
    import numpy as np

    import spikecam as sc
    from spikecam.bench.synthetic_set import make_sequences
    from spikecam.data.spike_gopro import EXPOSURE, RECORDING_FRAMES

    scenes = [
        (sequence, [sc.quarter_gray(frame) for frame in sequence.frames])
        for sequence in make_sequences(RECORDING_FRAMES, EXPOSURE, _SCENES)
    ]
    for threshold in THRESHOLDS:
        scores: dict[tuple[str, str], list[float]] = {}
        for seed, (sequence, gray) in enumerate(scenes):
            stream = sc.simulate(gray, threshold=threshold, seed=seed, exposure=EXPOSURE)
            blur = sequence.blur()
            truth = [sequence.sharp(frame) for frame in _FRAMES]
            results = {("blurry picture", ""): [blur] * len(_FRAMES)}
            for method, weights in _DEBLURRING:
                names = tuple(weights.split(", "))
                chosen: dict[str, Any] = {"weights": names} if weights else {}
                results[method, weights] = list(
                    sc.deblur(blur, stream, frames=list(_FRAMES), method=method, **chosen)
                )
            one = [
                sc.generate(blur, stream, at=frame, steps=1, seed=0).mean for frame in _FRAMES[1:2]
            ]
            results["spikegen, one step, middle frame", "spikegen, autoencoder"] = one
            for name, pictures in results.items():
                expected = truth if len(pictures) == len(truth) else truth[1:2]
                scores.setdefault(name, []).extend(
                    sc.psnr(picture, sharp, data_range=1)
                    for picture, sharp in zip(pictures, expected, strict=True)
                )
        for (method, weights), values in scores.items():
            yield method, weights, f"V_th {threshold}", float(np.mean(values))


def iter_spikes_alone_scores() -> Iterator[tuple[str, str, str, float]]:
    """Yield the mean PSNR of each method for spikes alone.

    It is measured on moving photographs.
    """
    import numpy as np

    import spikecam as sc
    from spikecam.bench.affine_fit import apply_best_gain_and_offset
    from spikecam.bench.synthetic_set import make_sequences
    from spikecam.gray import as_gray

    frames, middle = 301, 150
    scores: dict[tuple[str, str], list[float]] = {}
    for seed, sequence in enumerate(make_sequences(frames, (0, frames), _SCENES)):
        gray = np.stack([as_gray(frame) for frame in sequence.frames])
        stream = sc.simulate(gray, sc.Sensor(gain=0.6), seed=seed)
        results = {
            ("tfp", ""): sc.reconstruct(stream, middle, "tfp"),
            ("tfi", ""): sc.reconstruct(stream, middle, "tfi"),
            ("tfstp", ""): sc.reconstruct(stream, middle, "tfstp"),
            ("defocus, window 25", "defocus"): sc.reconstruct(stream, middle, "defocus", window=25),
            ("spikegen, one step", "spikegen, autoencoder"): sc.generate(
                None, stream, at=middle, steps=1
            ).mean,
        }
        for name, picture in results.items():
            fitted = apply_best_gain_and_offset(picture, gray[middle])
            scores.setdefault(name, []).append(sc.psnr(fitted, gray[middle], data_range=1))
    for (method, weights), values in scores.items():
        yield method, weights, "moving", float(np.mean(values))


def iter_defocus_scores() -> Iterator[tuple[str, str, str, float]]:
    """Yield the mean PSNR of methods on photographs out of focus.

    The methods are TFP and the refocuser.
    """
    import numpy as np

    import spikecam as sc
    from spikecam.bench.out_of_focus import (
        DefocusSetting,
        load_gray_photographs,
        simulate_defocused,
    )

    setting = DefocusSetting()
    scores: dict[tuple[str, str], list[float]] = {}
    for seed, photo in enumerate(load_gray_photographs(None, _SCENES).values()):
        scene = simulate_defocused(photo, setting, seed)
        for method, weights in (("tfp", ""), ("defocus", "defocus")):
            rate = sc.reconstruct(
                scene.stream, setting.frames // 2, method, window=setting.frames, fpn=scene.fpn
            )
            picture = np.clip(rate / np.float32(setting.light), 0, 1)
            scores.setdefault((method, weights), []).append(
                sc.psnr(picture, scene.truth, data_range=1)
            )
    for (method, weights), values in scores.items():
        yield method, weights, "discs of 2 pixels", float(np.mean(values))


BENCHMARK = Benchmark(
    name="shipped",
    summary="quality of the weights that ship, on pictures of scikit-image",
    options=ShippedOptions,
    run=run,
)
