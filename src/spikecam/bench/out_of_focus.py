"""Scenes out of focus: the supplement's comparison, by disc, by light and by integration length.

Each photograph gets made-up depths and is seen out of focus by a camera with noise and a fixed
pattern that is known. One thing is changed at a time, about a usual setting.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from skimage import data, restoration

import spikecam as sc
from spikecam.bench.gopro import Say
from spikecam.bench.metric_availability import (
    NATURALNESS_METRICS,
    choose_metrics,
    mean_score,
    score_picture,
)
from spikecam.bench.report import Report, Table
from spikecam.gray import as_gray
from spikecam.io.pictures import picture_size
from spikecam.metrics.score import METRICS
from spikecam.picture import Picture
from spikecam.scenes.defocus import disc_kernel

OURS = "defocus"
# Photographs in scikit-image itself, on which our network was not trained.
_PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "camera", "brick", "grass", "coins")
# Of a Gen2 camera, in rows and columns.
_SIZE = (250, 400)
# What is varied, and the values: of the mean radius in pixels, of the rate of white, of frames.
AXES: dict[str, tuple[float, ...]] = {
    "radius": (0, 1, 2, 3, 4, 6),
    "light": (0.02, 0.05, 0.15, 0.4, 0.8, 1.2),
    "frames": (51, 101, 201, 401),
}
# Of these, scenes in focus are judged, too.
FOCUSED = ("light", "frames")
HEADINGS = {
    "radius": "mean radius of the discs, pixels",
    "light": "spikes of white to a frame",
    "frames": "frames",
}
# Of the sensor: photons to a threshold, the reset's scatter, and gaps between spurious spikes.
_NOISE: dict[str, Any] = {"photons": 2000.0, "reset_noise": 0.01, "spurious_gap": (1000, 300)}
# Of Richardson and Lucy's deconvolution, and of Wiener's: the best of several in middling and in
# little light.
_ROUNDS, _BALANCE = 4, 0.1
# Pixels that a picture is continued by on every side.
_EDGE = 16


@dataclass(frozen=True)
class DefocusSetting:
    """How a scene is recorded: its defocus, its light and the frames.

    Attributes:
        radius: mean radius of the discs, in pixels.
        light: spikes of white to a frame; above 1 it is saturated.
        frames: that are integrated, odd.
    """

    radius: float = 2.0
    light: float = 0.4
    frames: int = 201


@dataclass(frozen=True)
class DefocusedRecording:
    """A simulated recording of a scene out of focus, with the true picture.

    Attributes:
        stream: its spikes, as many as are integrated.
        fpn: the camera's fixed pattern.
        truth: the scene in focus by the rate of white, in [0, 1].
        setting: how it was seen.
    """

    stream: sc.SpikeStream
    fpn: sc.FixedPattern
    truth: Picture
    setting: DefocusSetting


Reconstructor = Callable[[DefocusedRecording], Picture]
# By method, the metrics of each scene.
Scores = dict[str, dict[str, list[float]]]
# Metrics of the tables, with the digits that they are rounded to.
_DIGITS = {"psnr": 2, "ssim": 4} | dict.fromkeys(NATURALNESS_METRICS, 2)


def score_defocus(
    picture_folder: Path | None = None,
    *,
    weights: str = "defocus",
    limit: int | None = None,
    command: str = "spikecam bench defocus",
    say: Say = print,
) -> Report:
    """Score every method on scenes out of focus, and return the report.

    It has tables of each metric by disc, light and frames.

    Args:
        picture_folder: of sharp pictures that nothing was trained on; None for those of
            scikit-image.
        weights: of the network, a name of those that ship or a file.
        limit: how many pictures, from the first.
        command: to state.
        say: takes a line of progress.

    Raises:
        FileError: a folder without pictures, or weights that cannot be read.
    """
    # Said before any work.
    sc.load_weights(weights, "refocuser")
    photos = load_gray_photographs(picture_folder, limit, say)
    count = f"{len(photos)} photograph{'s' if len(photos) > 1 else ''}"
    source = f"{count} {'of scikit-image' if picture_folder is None else f'in {picture_folder}'}"
    names, missing = choose_metrics(None, tuple(_DIGITS), say)
    reconstructors = compared_methods(weights)
    pictures: dict[str, dict[str, Picture]] = {}
    known: dict[DefocusSetting, Scores] = {}
    tables = []
    for axis, values in AXES.items():
        settings = [_setting_with(axis, value) for value in values]
        for value, setting in zip(values, settings, strict=True):
            if setting not in known:
                known[setting] = _score_methods(photos, setting, reconstructors, names, pictures)
            say(f"{HEADINGS[axis]} {value:g}")
        for name in names:
            rows: list[dict[str, Any]] = [{"method": label} for label in reconstructors]
            for value, setting in zip(values, settings, strict=True):
                for row in rows:
                    row[f"{value:g}"] = _rounded_mean(name, known[setting][row["method"]][name])
            title = f"{METRICS[name].heading} by {HEADINGS[axis]}"
            tables.append(Table(f"defocus-{axis}-{name}", title, rows, _notes(axis)))
    rows = []
    for label in reconstructors:
        means = {
            METRICS[name].heading: _rounded_mean(
                name, [value for scores in known.values() for value in scores[label][name]]
            )
            for name in names
        }
        rows.append({"method": label, **means})
    notes = [f"the mean over all {len(known)} settings below", *missing.values()]
    first = Table("defocus", f"Scenes out of focus ({source})", rows, notes)
    focused = _in_focus_table(photos, reconstructors)
    return Report(
        "defocus", "Scenes out of focus", source, command, [first, *tables, focused], pictures
    )


def _in_focus_table(photos: dict[str, Picture], reconstructors: dict[str, Reconstructor]) -> Table:
    """Table of the PSNR of methods on scenes in focus.

    It has TFP, ours, and the least gain of ours in any scene.
    """
    two = {label: reconstructors[label] for label in ("TFP", OURS)}
    rows: list[dict[str, Any]] = [{"PSNR ↑": label} for label in (*two, "least gain of a scene")]
    for axis in FOCUSED:
        for value in AXES[axis]:
            focused = replace(_setting_with(axis, value), radius=0.0)
            scores = _score_methods(photos, focused, two, ["psnr"], {})
            tfp, ours = (np.array(scores[label]["psnr"]) for label in two)
            figures = (tfp.mean(), ours.mean(), (ours - tfp).min())
            for row, figure in zip(rows, figures, strict=True):
                row[f"{axis} {value:g}"] = round(float(figure), 2)
    usual = DefocusSetting()
    note = f"the other is {usual.light:g} spikes of white to a frame, or {usual.frames} frames"
    return Table("defocus-focused", "Scenes in focus, by light or by frames", rows, [note])


def _setting_with(axis: str, value: float) -> DefocusSetting:
    """The usual setting with another value on one axis."""
    usual = DefocusSetting()
    changed: dict[str, Any] = {axis: type(getattr(usual, axis))(value)}
    return replace(usual, **changed)


def load_gray_photographs(
    picture_folder: Path | None, limit: int | None = None, say: Say = print
) -> dict[str, Picture]:
    """Load photographs in gray, by name.

    They are cropped to the size of a Gen2 camera.

    Smaller ones are left out, with a line to ``say``: enlarged, they would be soft in focus.

    Raises:
        FileError: there are none.
    """
    if picture_folder is None:
        return {name: _resize_and_crop(as_gray(getattr(data, name)())) for name in _PHOTOS[:limit]}
    paths = sorted(path for path in picture_folder.rglob("[!.]*") if sc.is_picture(path))
    height, width = _SIZE
    large = [path for path in paths if np.all(np.array(picture_size(path)) >= _SIZE)]
    if not large:
        raise sc.FileError(
            f"{picture_folder} holds no pictures of {width}x{height} or more; name a folder of "
            "sharp ones"
        )
    if len(large) < len(paths):
        left = len(paths) - len(large)
        say(
            f"{left} of {len(paths)} pictures in {picture_folder} are smaller than {width}x{height}"
        )
    # One after another: photographs are large before they are cut.
    return {
        str(path.relative_to(picture_folder)): _resize_and_crop(as_gray(sc.read_picture(path)))
        for path in large[:limit]
    }


def simulate_defocused(photo: Picture, setting: DefocusSetting, seed: int) -> DefocusedRecording:
    """Simulate a recording of a photograph by a camera out of focus."""
    near = sc.random_inverse_depth(photo.shape, seed=seed)
    rng = np.random.default_rng(seed)
    focus = float(rng.uniform(-0.2, 1.2))
    apart = max(float(np.abs(near - np.float32(focus)).mean()), 1e-3)
    seen = sc.defocus_scene(photo, near, focus=focus, strength=setting.radius / apart)
    fpn = sc.FixedPattern.random(photo.shape, seed)
    frames = (seen for _ in range(setting.frames))
    sensor = sc.Sensor(gain=setting.light, **_NOISE)
    truth = np.minimum(photo * np.float32(setting.light), 1) / np.float32(min(setting.light, 1))
    return DefocusedRecording(sc.simulate(frames, sensor, seed=seed, fpn=fpn), fpn, truth, setting)


def compared_methods(weights: str = "defocus") -> dict[str, Reconstructor]:
    """The methods that are compared, as functions from a recording to its picture, by name."""
    return {
        "TFP": _tfp,
        "TFI": lambda recording: _rates(recording, "tfi"),
        "TFSTP": lambda recording: _rates(recording, "tfstp"),
        "TFP, Richardson-Lucy": _richardson_lucy,
        "TFP, Wiener": _wiener,
        OURS: lambda recording: _rates(
            recording, "defocus", window=recording.setting.frames, weights=weights
        ),
    }


def _tfp(recording: DefocusedRecording) -> Picture:
    return _rates(recording, "tfp", window=recording.setting.frames)


def _rates(recording: DefocusedRecording, method: str, **options: Any) -> Picture:
    rate = sc.reconstruct(
        recording.stream, recording.setting.frames // 2, method, fpn=recording.fpn, **options
    )
    if method == "tfstp":
        # Its brightness is a model's: it is judged as bright as TFP.
        usual = sc.reconstruct(recording.stream, window=recording.setting.frames, fpn=recording.fpn)
        rate = rate * np.float32(usual.mean() / max(float(rate.mean()), 1e-6))
    picture: Picture = np.clip(rate / np.float32(min(recording.setting.light, 1)), 0, 1)
    return picture


def _richardson_lucy(recording: DefocusedRecording) -> Picture:
    return _deconvolve_tfp(recording, restoration.richardson_lucy, num_iter=_ROUNDS)


def _wiener(recording: DefocusedRecording) -> Picture:
    return _deconvolve_tfp(recording, restoration.wiener, balance=_BALANCE)


def _deconvolve_tfp(
    recording: DefocusedRecording, deconvolve: Callable[..., Any], **options: Any
) -> Picture:
    """TFP of a recording, deconvolved by the mean disc of the scene.

    Where the scene is in focus, TFP stays as it is.
    """
    rate = _tfp(recording)
    if recording.setting.radius < 0.5:
        return rate
    # What lies beyond the border is dark to the one method, and the other side to the other.
    wide = np.pad(rate, _EDGE, mode="reflect")
    sharpened = deconvolve(wide, disc_kernel(recording.setting.radius), **options)[
        _EDGE:-_EDGE, _EDGE:-_EDGE
    ]
    picture: Picture = np.clip(sharpened, 0, 1).astype(np.float32)
    return picture


def _score_methods(
    photos: dict[str, Picture],
    setting: DefocusSetting,
    reconstructors: dict[str, Reconstructor],
    metrics: Sequence[str],
    pictures: dict[str, dict[str, Picture]],
) -> Scores:
    """Metrics of each method on each photo.

    In the usual setting, the pictures are added to ``pictures``.
    """
    values: Scores = {label: defaultdict(list) for label in reconstructors}
    for seed, (name, photo) in enumerate(photos.items()):
        recording = simulate_defocused(photo, setting, seed)
        reconstructed = {label: make(recording) for label, make in reconstructors.items()}
        for label, picture in reconstructed.items():
            for metric, value in score_picture(picture, recording.truth, metrics).items():
                values[label][metric].append(value)
        if setting == DefocusSetting():
            pictures[name] = reconstructed | {"truth": recording.truth}
    return values


def _rounded_mean(metric: str, values: Sequence[float]) -> float | None:
    mean = mean_score(values)
    return None if mean is None else round(mean, _DIGITS[metric])


def _notes(axis: str) -> list[str]:
    usual = DefocusSetting()
    others = [f"{HEADINGS[n]}: {getattr(usual, n):g}" for n in AXES if n != axis]
    return [
        "; ".join(others),
        "the deconvolutions get the scene's mean disc, and leave TFP as it is where it is 0; "
        "they are as strong as is best for three of scikit-image's photographs",
    ]


def _resize_and_crop(gray: Picture) -> Picture:
    """Resize a gray picture, and crop its middle, to the size of a Gen2 camera."""
    height, width = gray.shape
    factor = max(_SIZE[0] / height, _SIZE[1] / width)
    size = max(_SIZE[1], round(width * factor)), max(_SIZE[0], round(height * factor))
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    resized = np.clip(cv2.resize(gray, size, interpolation=kind), 0, 1)
    top, left = (size[1] - _SIZE[0]) // 2, (size[0] - _SIZE[1]) // 2
    return np.ascontiguousarray(resized[top : top + _SIZE[0], left : left + _SIZE[1]], np.float32)
