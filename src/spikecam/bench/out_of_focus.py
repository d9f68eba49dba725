"""Scenes out of focus: the supplement's comparison, by disc, by light and by integration length.

Each photograph gets made-up depths and is seen out of focus by a camera with noise and a fixed
pattern that is known. One thing is changed at a time, about a middling scene.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from skimage import data, restoration

import spikecam as sc
from spikecam.bench.gopro import Say
from spikecam.bench.report import Report, Table
from spikecam.gray import as_gray
from spikecam.io.pictures import picture_size
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
class Setting:
    """How a scene is seen.

    Attributes:
        radius: mean radius of the discs, in pixels.
        light: spikes of white to a frame; above 1 it is saturated.
        frames: that are integrated, odd.
    """

    radius: float = 2.0
    light: float = 0.4
    frames: int = 201


@dataclass(frozen=True)
class Blurred:
    """A scene out of focus.

    Attributes:
        stream: its spikes, as many as are integrated.
        fpn: the camera's fixed pattern.
        truth: the scene in focus by the rate of white, in [0, 1].
        setting: how it was seen.
    """

    stream: sc.SpikeStream
    fpn: sc.FixedPattern
    truth: Picture
    setting: Setting


Maker = Callable[[Blurred], Picture]
# By method, PSNR and SSIM of each scene.
Scores = dict[str, npt.NDArray[np.float64]]
_MEASURES = (("PSNR", 2), ("SSIM", 4))


def compare_defocus(
    folder: Path | None = None,
    *,
    weights: str = "defocus",
    limit: int | None = None,
    command: str = "spikecam bench defocus",
    say: Say = print,
) -> Report:
    """PSNR and SSIM of every method, along each axis.

    Args:
        folder: of sharp pictures that nothing was trained on; None for those of scikit-image.
        weights: of the network, a name of those that ship or a file.
        limit: how many pictures, from the first.
        command: to state.
        say: takes a line of progress.

    Raises:
        FileError: a folder without pictures, or weights that cannot be read.
    """
    # Said before any work.
    sc.load_weights(weights, "refocuser")
    scenes = photographs(folder, limit, say)
    count = f"{len(scenes)} photograph{'s' if len(scenes) > 1 else ''}"
    source = f"{count} {'of scikit-image' if folder is None else f'in {folder}'}"
    makers = methods(weights)
    pictures: dict[str, dict[str, Picture]] = {}
    known: dict[Setting, Scores] = {}
    tables = []
    for axis, values in AXES.items():
        settings = [_along(axis, value) for value in values]
        for value, setting in zip(values, settings, strict=True):
            if setting not in known:
                known[setting] = _judged(scenes, setting, makers, pictures)
            say(f"{HEADINGS[axis]} {value:g}")
        for index, (name, digits) in enumerate(_MEASURES):
            rows: list[dict[str, Any]] = [{"method": label} for label in makers]
            for value, setting in zip(values, settings, strict=True):
                for row in rows:
                    mean = known[setting][row["method"]].mean(0)[index]
                    row[f"{value:g}"] = round(float(mean), digits)
            title = f"{name} ↑ by {HEADINGS[axis]}"
            tables.append(Table(f"defocus-{axis}-{name.lower()}", title, rows, _notes(axis)))
    rows = []
    for label in makers:
        both = np.mean([one[label].mean(0) for one in known.values()], axis=0)
        told = {
            f"{name} ↑": round(float(x), n) for x, (name, n) in zip(both, _MEASURES, strict=True)
        }
        rows.append({"method": label, **told})
    note = f"the mean over all {len(known)} settings below"
    first = Table("defocus", f"Scenes out of focus ({source})", rows, [note])
    focused = _focused(scenes, makers)
    return Report(
        "defocus", "Scenes out of focus", source, command, [first, *tables, focused], pictures
    )


def _focused(scenes: dict[str, Picture], makers: dict[str, Maker]) -> Table:
    """TFP and ours of scenes in focus, and the scene of which ours is worth the least."""
    two = {label: makers[label] for label in ("TFP", OURS)}
    rows: list[dict[str, Any]] = [{"PSNR ↑": label} for label in (*two, "least gain of a scene")]
    for axis in FOCUSED:
        for value in AXES[axis]:
            found = _judged(scenes, replace(_along(axis, value), radius=0.0), two, {})
            tfp, ours = (found[label][:, 0] for label in two)
            for row, told in zip(rows, (tfp.mean(), ours.mean(), (ours - tfp).min()), strict=True):
                row[f"{axis} {value:g}"] = round(float(told), 2)
    usual = Setting()
    note = f"the other is {usual.light:g} spikes of white to a frame, or {usual.frames} frames"
    return Table("defocus-focused", "Scenes in focus, by light or by frames", rows, [note])


def _along(axis: str, value: float) -> Setting:
    """The middling scene with one thing changed."""
    usual = Setting()
    changed: dict[str, Any] = {axis: type(getattr(usual, axis))(value)}
    return replace(usual, **changed)


def photographs(
    folder: Path | None, limit: int | None = None, say: Say = print
) -> dict[str, Picture]:
    """Gray pictures by name, cut to the size of a Gen2 camera; so many from the first.

    Smaller ones are left out, and ``say`` is told: enlarged, they would be soft in focus.

    Raises:
        FileError: there are none.
    """
    if folder is None:
        return {name: _fitted(as_gray(getattr(data, name)())) for name in _PHOTOS[:limit]}
    paths = sorted(path for path in folder.rglob("[!.]*") if sc.is_picture(path))
    height, width = _SIZE
    large = [path for path in paths if np.all(np.array(picture_size(path)) >= _SIZE)]
    if not large:
        raise sc.FileError(
            f"{folder} holds no pictures of {width}x{height} or more; name a folder of sharp ones"
        )
    if len(large) < len(paths):
        left = len(paths) - len(large)
        say(f"{left} of {len(paths)} pictures in {folder} are smaller than {width}x{height}")
    # One after another: photographs are large before they are cut.
    return {
        str(path.relative_to(folder)): _fitted(as_gray(sc.read_picture(path)))
        for path in large[:limit]
    }


def blurred(photo: Picture, setting: Setting, seed: int) -> Blurred:
    """A photograph as a camera out of focus sees it."""
    near = sc.random_inverse_depth(photo.shape, seed=seed)
    rng = np.random.default_rng(seed)
    focus = float(rng.uniform(-0.2, 1.2))
    apart = max(float(np.abs(near - np.float32(focus)).mean()), 1e-3)
    seen = sc.defocus_scene(photo, near, focus=focus, strength=setting.radius / apart)
    fpn = sc.FixedPattern.random(photo.shape, seed)
    film = (seen for _ in range(setting.frames))
    sensor = sc.Sensor(gain=setting.light, **_NOISE)
    truth = np.minimum(photo * np.float32(setting.light), 1) / np.float32(min(setting.light, 1))
    return Blurred(sc.simulate(film, sensor, seed=seed, fpn=fpn), fpn, truth, setting)


def methods(weights: str = "defocus") -> dict[str, Maker]:
    """Pictures as bright as the truth, by the names of the methods."""
    return {
        "TFP": _tfp,
        "TFI": lambda one: _rates(one, "tfi"),
        "TFSTP": lambda one: _rates(one, "tfstp"),
        "TFP, Richardson-Lucy": _richardson_lucy,
        "TFP, Wiener": _wiener,
        OURS: lambda one: _rates(one, "defocus", window=one.setting.frames, weights=weights),
    }


def _tfp(one: Blurred) -> Picture:
    return _rates(one, "tfp", window=one.setting.frames)


def _rates(one: Blurred, method: str, **options: Any) -> Picture:
    rate = sc.reconstruct(one.stream, one.setting.frames // 2, method, fpn=one.fpn, **options)
    if method == "tfstp":
        # Its brightness is a model's: it is judged as bright as TFP.
        usual = sc.reconstruct(one.stream, window=one.setting.frames, fpn=one.fpn)
        rate = rate * np.float32(usual.mean() / max(float(rate.mean()), 1e-6))
    picture: Picture = np.clip(rate / np.float32(min(one.setting.light, 1)), 0, 1)
    return picture


def _richardson_lucy(one: Blurred) -> Picture:
    return _deconvolved(one, restoration.richardson_lucy, num_iter=_ROUNDS)


def _wiener(one: Blurred) -> Picture:
    return _deconvolved(one, restoration.wiener, balance=_BALANCE)


def _deconvolved(one: Blurred, method: Callable[..., Any], **options: Any) -> Picture:
    """TFP without the mean disc of the scene, or as it is where the scene is in focus."""
    rate = _tfp(one)
    if one.setting.radius < 0.5:
        return rate
    # What lies beyond the border is dark to the one method, and the other side to the other.
    wide = np.pad(rate, _EDGE, mode="reflect")
    found = method(wide, disc_kernel(one.setting.radius), **options)[_EDGE:-_EDGE, _EDGE:-_EDGE]
    picture: Picture = np.clip(found, 0, 1).astype(np.float32)
    return picture


def _judged(
    scenes: dict[str, Picture],
    setting: Setting,
    makers: dict[str, Maker],
    pictures: dict[str, dict[str, Picture]],
) -> Scores:
    """PSNR and SSIM of each method for each scene, (N, 2)."""
    values: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for seed, (name, photo) in enumerate(scenes.items()):
        one = blurred(photo, setting, seed)
        shown = {label: make(one) for label, make in makers.items()}
        for label, picture in shown.items():
            scores = sc.score(picture, one.truth, ["psnr", "ssim"])
            values[label].append((scores["psnr"], scores["ssim"]))
        if setting == Setting():
            pictures[name] = shown | {"truth": one.truth}
    return {label: np.array(held) for label, held in values.items()}


def _notes(axis: str) -> list[str]:
    usual = Setting()
    others = [f"{HEADINGS[n]}: {getattr(usual, n):g}" for n in AXES if n != axis]
    return [
        "; ".join(others),
        "the deconvolutions are told the scene's mean disc, and leave TFP as it is where it is 0; "
        "they are as strong as is best for three of scikit-image's photographs",
    ]


def _fitted(gray: Picture) -> Picture:
    """The middle of a picture, resized to cover a Gen2 camera's frame."""
    height, width = gray.shape
    factor = max(_SIZE[0] / height, _SIZE[1] / width)
    size = max(_SIZE[1], round(width * factor)), max(_SIZE[0], round(height * factor))
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    resized = np.clip(cv2.resize(gray, size, interpolation=kind), 0, 1)
    top, left = (size[1] - _SIZE[0]) // 2, (size[0] - _SIZE[1]) // 2
    return np.ascontiguousarray(resized[top : top + _SIZE[0], left : left + _SIZE[1]], np.float32)
