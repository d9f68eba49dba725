"""Quality of all weights that ship, on pictures that install with scikit-image.

Photographs of scikit-image move in front of the simulated camera, or lie out of its focus; seeds
are fixed, and nothing was trained or tuned on them. Deblurring is scored in the papers' protocol,
in which values of pictures are light, and in real light: spikes integrate the light of sRGB frames,
and the blurry picture is its encoded mean. Each figure stands beside the one recorded with the
weights that ship, so that a change of a network, its input or its weights shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from spikecam.bench.benchmark import Benchmark, RunContext
from spikecam.bench.shipped_figures import RECORDED

if TYPE_CHECKING:
    from spikecam.bench.report import Report
    from spikecam.picture import Picture
    from spikecam.stream import SpikeStream

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
# Encodings of the pictures, with what follows V_th in the name of the setting.
_WORLDS = (("linear", ""), ("srgb", ", real light"))
# Photographs of scikit-image, from the first of `synthetic_set` and of `out_of_focus`.
_SCENES = 3
# Frames of each exposure that are scored.
_FRAMES = (20, 68)


class ShippedScore(NamedTuple):
    """Mean scores of a method with its weights in one setting.

    Attributes:
        method, weights, setting: names, in tables.
        psnr: dB.
        colour_error: see `spikecam.colour_error`; None of gray pictures.
    """

    method: str
    weights: str
    setting: str
    psnr: float
    colour_error: float | None = None


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
        for method, weights, setting, psnr, colour_error in tasks[task]():
            recorded = RECORDED.get((task, method, weights, setting))
            rows.append(
                {
                    "task": task,
                    "method": method,
                    "weights": weights,
                    "setting": setting,
                    "PSNR ↑": round(psnr, 2),
                    "recorded": recorded,
                    "colour error ↓": None if colour_error is None else round(colour_error, 2),
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


def iter_deblurring_scores() -> Iterator[ShippedScore]:
    """Yield the mean scores of each deblurring method.

    They are measured on moving photographs, at three thresholds, with values of pictures as light
    and in real light. Methods measure the encoding of the pictures, as they do for a user.
    """
    import numpy as np

    import spikecam as sc
    from spikecam.bench.synthetic_set import make_sequences
    from spikecam.data.spike_gopro import EXPOSURE, RECORDING_FRAMES
    from spikecam.encoding import parse_encoding, quarter_gray_light

    sequences = make_sequences(RECORDING_FRAMES, EXPOSURE, _SCENES)
    for encoding, suffix in _WORLDS:
        curve = parse_encoding(encoding)
        scenes = [
            (one, one.blur(curve), [quarter_gray_light(frame, curve) for frame in one.frames])
            for one in sequences
        ]
        for threshold in THRESHOLDS:
            scores: dict[tuple[str, str], list[tuple[float, float]]] = {}
            for seed, (sequence, blur, light) in enumerate(scenes):
                stream = sc.simulate(light, threshold=threshold, seed=seed, exposure=EXPOSURE)
                truth = [sequence.sharp(frame) for frame in _FRAMES]
                for name, pictures in _deblurred_by_all(blur, stream).items():
                    expected = truth if len(pictures) == len(truth) else truth[1:2]
                    scores.setdefault(name, []).extend(
                        (
                            sc.psnr(picture, sharp, data_range=1),
                            sc.colour_error(picture, sharp, data_range=1),
                        )
                        for picture, sharp in zip(pictures, expected, strict=True)
                    )
            for (method, weights), values in scores.items():
                psnr, colour_error = map(float, np.mean(values, axis=0))
                setting = f"V_th {threshold}{suffix}"
                yield ShippedScore(method, weights, setting, psnr, colour_error)


def _deblurred_by_all(
    blur: Picture, stream: SpikeStream
) -> dict[tuple[str, str], Sequence[Picture]]:
    """Pictures of `_FRAMES` by each method and its weights, or of the last of them alone."""
    import spikecam as sc

    results: dict[tuple[str, str], Sequence[Picture]] = {
        ("blurry picture", ""): [blur] * len(_FRAMES)
    }
    for method, weights in _DEBLURRING:
        chosen: dict[str, Any] = {"weights": tuple(weights.split(", "))} if weights else {}
        results[method, weights] = list(
            sc.deblur(blur, stream, frames=list(_FRAMES), method=method, **chosen)
        )
    generated = sc.generate(blur, stream, at=_FRAMES[-1], steps=1, seed=0).mean
    results["spikegen, one step, middle frame", "spikegen, autoencoder"] = [generated]
    return results


def iter_spikes_alone_scores() -> Iterator[ShippedScore]:
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
            ("tfi, window 17", ""): sc.reconstruct(stream, middle, "tfi", window=17),
            ("tfstp", ""): sc.reconstruct(stream, middle, "tfstp"),
            ("aligned", ""): sc.reconstruct(stream, middle, "aligned"),
            ("lsq", ""): sc.reconstruct(stream, middle, "lsq"),
            ("base", "base"): sc.reconstruct(stream, middle, "base"),
            ("fusion", "fusion"): sc.reconstruct(stream, middle, "fusion"),
            ("fusion", "fusion-small"): sc.reconstruct(
                stream, middle, "fusion", weights="fusion-small"
            ),
            ("defocus, window 25", "defocus"): sc.reconstruct(stream, middle, "defocus", window=25),
            ("spikegen, one step", "spikegen, autoencoder, fusion"): sc.generate(
                None, stream, at=middle, steps=1
            ).mean,
        }
        for name, picture in results.items():
            fitted = apply_best_gain_and_offset(picture, gray[middle])
            scores.setdefault(name, []).append(sc.psnr(fitted, gray[middle], data_range=1))
    for (method, weights), values in scores.items():
        yield ShippedScore(method, weights, "moving", float(np.mean(values)))


def iter_defocus_scores() -> Iterator[ShippedScore]:
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
        yield ShippedScore(method, weights, "discs of 2 pixels", float(np.mean(values)))


BENCHMARK = Benchmark(
    name="shipped",
    summary="quality of the weights that ship, on pictures of scikit-image",
    options=ShippedOptions,
    run=run,
)
