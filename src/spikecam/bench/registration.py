"""How well a second camera is aligned with the spikes: simulated rigs, and real pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

import spikecam as sc
from spikecam.gray import as_gray
from spikecam.registration.alignment import fine_to_coarse_matrix
from spikecam.registration.warping import warp_plane


def simulate_camera_pair(
    photo_path: Path, seed: int
) -> tuple[npt.NDArray[np.float32], sc.SpikeStream, sc.Alignment]:
    """Simulate a picture, the spikes of a camera beside it, and the true alignment."""
    rng = np.random.default_rng(seed)
    picture = sc.read_picture(photo_path)
    h, w = picture.shape[:2]
    scale = rng.uniform(2, 4)
    height, width = int(h / scale * 0.8), int(w / scale * 0.8)
    angle = np.radians(rng.uniform(-10, 10))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    dx, dy = rng.uniform(-0.2, 0.2, 2) * (width, height)
    tilted = np.eye(3)
    tilted[2, :2] = rng.uniform(-0.02, 0.02, 2) / (width / 2, height / 2)
    centre = np.array([[1, 0, dx - (width - 1) / 2], [0, 1, dy - (height - 1) / 2], [0, 0, 1]])
    back = np.array([[cos, -sin, (w - 1) / 2], [sin, cos, (h - 1) / 2], [0, 0, 1]])
    matrix = np.asarray(back @ tilted @ centre)
    truth = sc.Alignment(tuple(map(tuple, matrix)), (height, width), (h, w))  # type: ignore[arg-type]
    # Where the spike camera sees more, the scene goes on.
    edge = min(h, w) - 1
    onto = np.array([[1, 0, edge], [0, 1, edge], [0, 0, 1]])
    wider = np.pad(as_gray(picture), edge, mode="reflect")
    to_picture = onto @ matrix @ fine_to_coarse_matrix(4)
    fine = warp_plane(wider, to_picture, (4 * height, 4 * width)).clip(0, 1)
    light = fine.reshape(height, 4, width, 4).mean(axis=(1, 3)) ** np.float32(rng.uniform(1, 2.2))
    light = np.clip(light * np.float32(rng.uniform(0.1, 1.2)), 0, 1)
    return picture, sc.simulate((light for _ in range(200)), "gen2", seed=seed), truth


def print_alignment_errors_of_simulated_pairs(
    photo_paths: Sequence[Path], pair_count: int, say: Callable[[str], None] = print
) -> None:
    """Align simulated camera pairs over photographs, and print the errors of alignment."""
    chosen = np.random.default_rng(0).permutation(len(photo_paths))
    errors, refused = [], 0
    for seed in range(pair_count):
        picture, spikes, truth = simulate_camera_pair(
            photo_paths[chosen[seed % len(photo_paths)]], seed
        )
        try:
            found = sc.align(picture, spikes)
        except sc.GeometryError:
            refused += 1
            continue
        y, x = np.nonzero(truth.inside_mask())
        points = np.stack([x, y], axis=-1)
        off = np.linalg.norm(found.to_picture(points) - truth.to_picture(points), axis=-1)
        errors.append((np.sqrt(np.mean(off**2)), truth.magnification))
    pixels = np.array(errors)
    for name, off in {"picture": pixels[:, 0], "spike": pixels[:, 0] / pixels[:, 1]}.items():
        parts = ", ".join(f"{np.percentile(off, q):.3f}" for q in (50, 75, 90, 95, 100))
        say(f"rms error in {name} pixels, 50 75 90 95 100 %: {parts}")
    say(f"{len(errors)} of {pair_count} aligned, {refused} refused")


def print_alignment_of_real_pairs(pair_folder: Path, say: Callable[[str], None] = print) -> None:
    """Align real pairs of pictures and spike counts, and print the results.

    They say how far the views of each pair differ.
    """
    for counts in sorted(pair_folder.glob("*.npy")):
        rate, picture = np.load(counts), sc.read_picture(counts.with_suffix(".jpg"))
        found = sc.align(picture, rate)
        same = sc.Alignment.same_view(rate.shape, picture.shape[:2])
        y, x = np.mgrid[: rate.shape[0] : 5, : rate.shape[1] : 5]
        points = np.stack([x, y], axis=-1)
        off = np.linalg.norm(found.to_picture(points) - same.to_picture(points), axis=-1)
        say(
            f"{counts.stem}: {np.sqrt(np.mean(off**2)):.2f} picture pixels from the same view, "
            f"error by estimate {found.error:.2f}, covers {found.coverage():.1%}"
        )
