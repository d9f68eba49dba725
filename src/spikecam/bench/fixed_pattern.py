"""How well a fixed pattern is recovered from uniform fields, and what correcting it gains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

import spikecam as sc
from spikecam.calibration.uniform_fields import simulate_uniform_field

ILLUMINANCES = (0, 153, 335)


def measure_pattern_recovery(
    pattern_path: Path, photo_path: Path, frame_count: int, say: Callable[[str], None] = print
) -> None:
    """Measure how well a fixed pattern is recovered from uniform fields, and corrected."""
    fpn = sc.FixedPattern.load(pattern_path)
    fields = [
        simulate_uniform_field(fpn, lux, frame_count, seed) for seed, lux in enumerate(ILLUMINANCES)
    ]
    found, single = sc.calibrate_fpn(fields, ILLUMINANCES), sc.calibrate_fpn(fields[2:])
    good = (fpn.bad == 0) & (found.bad == 0)
    true, ours = (m.gain / np.median(m.gain[good]) for m in (fpn, found))
    off = (ours / true - 1)[good]
    say(f"three fields of {frame_count} frames, {fpn.shape[1]}x{fpn.shape[0]}")
    say(f"gain: scatters by {true[good].std():.2%}, recovered to {off.std():.2%} rms")
    off = np.abs(found.offset - fpn.offset)[good]
    say(
        f"offset: {np.median(fpn.offset[good]):.2f} lux about, scatters by "
        f"{fpn.offset[good].std():.2f}; recovered to {np.median(off):.2f} (median), "
        f"{np.percentile(off, 95):.2f} (95 %)"
    )
    hit = np.count_nonzero(fpn.bad[found.bad > 0])
    say(
        f"bad pixels: {hit} found of {np.count_nonzero(fpn.bad)} in the map, and "
        f"{np.count_nonzero(found.bad) - hit} more"
    )
    picture = np.kron(sc.quarter_gray(_even(sc.read_picture(photo_path))), np.ones((2, 2)))
    height, width = fpn.shape
    scene = np.resize(picture[:height, :width], fpn.shape).astype(np.float32)
    for brightness in (0.05, 0.3, 0.8):
        light = scene * np.float32(brightness)
        spikes = sc.simulate((light for _ in range(402)), "gen2", seed=9, fpn=fpn)
        usual = np.median(fpn.gain[good])
        truth = usual * light
        if fpn.dead_frame:
            truth /= truth + 1 - light
        raw = sc.reconstruct(spikes, window=401)
        pictures = {
            "as recorded": raw,
            "corrected spike by spike": sc.reconstruct(spikes, window=401, fpn=found),
            "corrected afterwards": found.correct(raw),
            "by one field": sc.reconstruct(spikes, window=401, fpn=single),
        }
        peak = float(truth.max())
        scores = [
            f"{name} {10 * np.log10(peak**2 / float(np.mean((p - truth) ** 2))):.1f}"
            for name, p in pictures.items()
        ]
        say(f"a photograph at {brightness:.2f} of full light, PSNR in dB: {', '.join(scores)}")


def _even(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return picture[: picture.shape[0] // 4 * 4, : picture.shape[1] // 4 * 4]
