"""Simulated rigs whose pictures have known encodings, and the errors of the measured ones.

A rig is a camera beside a spike camera: its tone curve, how the spike camera weighs colours, its
threshold, and what is amiss: a picture that is overexposed, charge without light, a picture that
lies half a pixel and two frames off. Scenes are those of the synthetic set, in linear light; each
recording holds two exposures. Of every rig the encoding is measured as for a user, and of pairs
that do not belong together it is counted how many are refused.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

import spikecam as sc
from spikecam.bench.synthetic_set import make_sequences
from spikecam.deblurring.pair import match_pair
from spikecam.encoding import LINEAR, SRGB, Encoding, gamma_encoding
from spikecam.errors import GeometryError
from spikecam.picture import Picture
from spikecam.sensor.sensor import resolve_sensor
from spikecam.stream import Span, SpikeStream

# Frames of a recording, and its two exposures.
_FRAMES, _EXPOSURES = 234, ((20, 117), (117, 214))
# Gain of an overexposed picture, charge without light a frame, and a misalignment in pixels of the
# picture and in frames.
_OVEREXPOSURE, _DARK_CURRENT, _SHIFT_PIXELS, _DELAY_FRAMES = 1.6, 0.03, 0.5, 2
# Standard deviation of the noise of a picture, in its values.
_PICTURE_NOISE = 0.004
# Difference of light up to which a curve counts as right.
TOLERANCE = 0.02
# Values at which curves are compared.
_VALUES = np.linspace(0, 1, 257)
# Frames by which a wrong exposure is late.
_LATE_FRAMES = (10, 20)
# Conditions of the rigs of every curve: V_th, and what is amiss.
CONDITIONS: tuple[tuple[int, str], ...] = (
    (1, "nothing amiss"),
    (2, "overexposed"),
    (4, "dark current"),
    (1, "misaligned"),
    (2, "overexposed, misaligned"),
    (4, "overexposed, dark current, misaligned"),
)


@dataclass(frozen=True, eq=False)
class Rig:
    """A simulated camera beside a spike camera.

    Attributes:
        curve: tone curve of the picture, in words.
        encoding: the curve, with the colour weights of the spike camera.
        threshold: V_th.
        amiss: what is amiss, in words.
        scene: index of its scene.
        exposure: index of its exposure.
        seed: of its noise.
    """

    curve: str
    encoding: Encoding
    threshold: int
    amiss: str
    scene: int
    exposure: int
    seed: int


@dataclass(frozen=True, eq=False)
class RigScene:
    """Linear light of a scene.

    Attributes:
        light: on the grid of the spike camera, float32 (T, H, W, 3).
        exposed: mean light of each exposure, float32 (h, w, 3).
    """

    light: npt.NDArray[np.float32]
    exposed: tuple[Picture, ...]


@dataclass(frozen=True, eq=False)
class RigPair:
    """A recorded pair of a rig.

    Attributes:
        rig: the rig.
        picture: the blurry picture, (h, w, 3) in [0, 1], in levels of 8 bits.
        stream: the recording.
        exposure: frames (start, stop) that a user would name.
    """

    rig: Rig
    picture: Picture
    stream: SpikeStream
    exposure: Span


@dataclass(frozen=True)
class CurveErrors:
    """Errors of the measured encoding of a rig.

    Attributes:
        rig: the rig.
        measured: name of the encoding that was measured; None where the pair was refused.
        mean, largest: absolute difference of light over all values.
        within: share of values whose light is right to `TOLERANCE`.
        warned: whether there was a warning that the pair may not belong together.
    """

    rig: Rig
    measured: str | None
    mean: float
    largest: float
    within: float
    warned: bool


def make_curves() -> dict[str, Encoding]:
    """Tone curves of cameras, by name: linear, sRGB, power laws and S-curves."""
    curves = {"linear": LINEAR, "srgb": SRGB}
    curves |= {f"gamma {g:g}": gamma_encoding(g) for g in (1.3, 1.6, 1.9, 2.2, 2.6)}
    values = np.linspace(0, 1, 4097)
    for strength in (0.2, 0.35, -0.2):
        # sRGB with more contrast in the middle, or less.
        bent = values + strength * np.sin(2 * np.pi * values) / (2 * np.pi)
        light = SRGB.decode(bent).astype(np.float64)
        light[0], light[-1] = 0, 1
        name = f"S-curve {strength:+g}"
        curves[name] = Encoding(name, light)
    return curves


def make_rigs(count: int = 60) -> list[Rig]:
    """Make rigs: every curve in every condition, or ``count`` of these, spread evenly.

    They are the same at every call.
    """
    rigs = []
    for index, (name, curve) in enumerate(make_curves().items()):
        for number, (threshold, amiss) in enumerate(CONDITIONS):
            seed = index * len(CONDITIONS) + number
            weights = np.random.default_rng((seed, 0)).dirichlet((9, 17.7, 3.3))
            red, green = (round(float(weight), 4) for weight in weights[:2])
            encoding = replace(curve, colour_weights=(red, green, round(1 - red - green, 4)))
            scene, exposure = (index + number) % 5, (index + number) // 5 % 2
            rigs.append(Rig(name, encoding, threshold, amiss, scene, exposure, seed))
    indices = np.unique(np.linspace(0, len(rigs) - 1, min(count, len(rigs))).round().astype(int))
    return [rigs[index] for index in indices]


def make_scenes() -> list[RigScene]:
    """Make the scenes of all rigs, in linear light."""
    scenes = []
    for sequence in make_sequences(_FRAMES, _EXPOSURES[0]):
        frames = sequence.frames
        taps = (SRGB.light_of_levels[frames[:, y::4, x::4]] for y in (1, 2) for x in (1, 2))
        light = np.add.reduce(list(taps)) / np.float32(4)
        exposed = tuple(
            sum(SRGB.light_of_levels[frame] for frame in frames[slice(*span)])
            / np.float32(span[1] - span[0])
            for span in _EXPOSURES
        )
        scenes.append(RigScene(light, exposed))
    return scenes


def record_pair(rig: Rig, scene: RigScene) -> RigPair:
    """Simulate the pair that a rig records of its scene."""
    rng = np.random.default_rng((rig.seed, 1))
    light = scene.exposed[rig.exposure]
    start, stop = _EXPOSURES[rig.exposure]
    if "overexposed" in rig.amiss:
        light = light * np.float32(_OVEREXPOSURE)
    if "misaligned" in rig.amiss:
        shift = np.array([[1, 0, _SHIFT_PIXELS], [0, 1, _SHIFT_PIXELS]])
        light = cv2.warpAffine(  # type: ignore[assignment]
            light, shift, light.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
        )
        start, stop = start + _DELAY_FRAMES, stop + _DELAY_FRAMES
    values = rig.encoding.encode(np.minimum(light, 1))
    values = values + rng.normal(0, _PICTURE_NOISE, values.shape).astype(np.float32)
    picture = (np.rint(np.clip(values, 0, 1) * 255) / 255).astype(np.float32)
    sensor = resolve_sensor("s-sdm").with_threshold(rig.threshold)
    if "dark current" in rig.amiss:
        sensor = replace(sensor, dark_current=_DARK_CURRENT)
    stream = sc.simulate(np.minimum(rig.encoding.gray_light(scene.light), 1), sensor, seed=rig.seed)
    return RigPair(rig, picture, stream, (start, stop))


def measure_curve_errors(pair: RigPair) -> CurveErrors:
    """Measure the encoding of a pair as for a user, and its errors."""
    encoding, warned = _encoding_or_none(pair.picture, pair.stream, pair.exposure)
    if encoding is None:
        return CurveErrors(pair.rig, None, float("nan"), float("nan"), 0.0, warned)
    difference = np.abs(encoding.decode(_VALUES) - pair.rig.encoding.decode(_VALUES))
    return CurveErrors(
        pair.rig,
        encoding.name,
        float(difference.mean()),
        float(difference.max()),
        float((difference <= TOLERANCE).mean()),
        warned,
    )


def summarise_errors(
    errors: Sequence[CurveErrors], group_of: Callable[[Rig], str], heading: str
) -> list[dict[str, Any]]:
    """Rows of a table of errors, by groups of rigs in their order, and of all."""
    groups: dict[str, list[CurveErrors]] = {}
    for one in errors:
        groups.setdefault(group_of(one.rig), []).append(one)
    rows = []
    for name, group in [*groups.items(), ("all", list(errors))]:
        measured = [one for one in group if one.measured is not None]
        rows.append(
            {
                heading: name,
                "rigs": len(group),
                "mean difference": _mean([one.mean for one in measured]),
                "largest difference, mean": _mean([one.largest for one in measured]),
                "largest difference": max((one.largest for one in measured), default=None),
                f"values within {TOLERANCE:g}": _mean([one.within for one in measured]),
                f"rigs within {TOLERANCE:g} on average": _mean(
                    [float(one.mean <= TOLERANCE) for one in measured]
                ),
            }
        )
    return rows


def iter_wrong_pairs(
    pairs: Sequence[RigPair],
) -> Iterator[tuple[str, Picture, SpikeStream, Span]]:
    """Yield pairs that do not belong together: kind, picture, recording and exposure."""
    for index, pair in enumerate(pairs):
        others = [*pairs[index + 1 :], *pairs[:index]]
        for other in others:
            if other.rig.scene != pair.rig.scene:
                yield "another scene", pair.picture, other.stream, pair.exposure
                break
        spikes = np.asarray(pair.stream)
        orientations = {
            "flipped": spikes[:, ::-1],
            "mirrored": spikes[:, :, ::-1],
            "turned by 180 degrees": spikes[:, ::-1, ::-1],
        }
        for kind, one in orientations.items():
            yield kind, pair.picture, SpikeStream.from_array(one), pair.exposure
        other_span = _EXPOSURES[1 - pair.rig.exposure]
        yield "the other exposure", pair.picture, pair.stream, other_span
        start, stop = _EXPOSURES[pair.rig.exposure]
        for late in _LATE_FRAMES:
            span = start + late, stop + late
            yield f"{late} of 97 frames late", pair.picture, pair.stream, span


def count_refused(
    labelled_pairs: Iterable[tuple[str, Picture, SpikeStream, Span]],
) -> list[dict[str, Any]]:
    """Rows of a table of refused pairs, by kind."""
    outcomes: dict[str, list[tuple[bool, bool]]] = {}
    for kind, picture, stream, span in labelled_pairs:
        encoding, warned = _encoding_or_none(picture, stream, span)
        outcomes.setdefault(kind, []).append((encoding is None, warned))
    return [
        {
            "pair": kind,
            "pairs": len(group),
            "refused": _mean([float(refused) for refused, _ in group]),
            "warned of": _mean([float(warned) for _, warned in group]),
        }
        for kind, group in outcomes.items()
    ]


def _encoding_or_none(
    picture: Picture, stream: SpikeStream, exposure: Span
) -> tuple[Encoding | None, bool]:
    """Encoding of a pair as it is used, None where it is refused; and whether it was warned of."""
    with warnings.catch_warnings(record=True) as messages:
        warnings.simplefilter("always")
        try:
            pair = match_pair(picture, stream, exposure)
        except GeometryError:
            return None, False
    return pair.picture.encoding, bool(messages)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
