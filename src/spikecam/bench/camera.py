"""How well a camera is calibrated: its fixed pattern, and the place of a second camera.

    python -m spikecam.bench.camera fpn FPN.npz PHOTO
    python -m spikecam.bench.camera align PHOTOS [--rigs 60]
    python -m spikecam.bench.camera hybrid FOLDER

``fpn`` simulates the camera of a measured map, calibrates it from three uniform fields, and
corrects a recording of a photograph. ``align`` simulates rigs: photographs seen by an RGB camera,
and by a spike camera turned by up to 10 degrees, shifted by up to a fifth of the view and tilted,
whose pixels are 2 to 4 of the other's. ``hybrid`` aligns real pairs, ``NAME.npy`` of spike counts
with ``NAME.jpg``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

import spikecam as sc
from spikecam.calibration.uniform_fields import uniform_field
from spikecam.gray import as_gray
from spikecam.registration.alignment import upsampling_matrix
from spikecam.registration.warping import warp_plane

LUX = (0, 153, 335)


def measure_fpn(path: Path, photo: Path, frames: int) -> None:
    """Recover a measured map, and correct a photograph with what was recovered."""
    fpn = sc.FixedPattern.load(path)
    fields = [uniform_field(fpn, lux, frames, seed) for seed, lux in enumerate(LUX)]
    found, single = sc.calibrate_fpn(fields, LUX), sc.calibrate_fpn(fields[2:])
    good = (fpn.bad == 0) & (found.bad == 0)
    true, ours = (m.gain / np.median(m.gain[good]) for m in (fpn, found))
    off = (ours / true - 1)[good]
    print(f"three fields of {frames} frames, {fpn.shape[1]}x{fpn.shape[0]}")
    print(f"gain: scatters by {true[good].std():.2%}, recovered to {off.std():.2%} rms")
    off = np.abs(found.offset - fpn.offset)[good]
    print(
        f"offset: {np.median(fpn.offset[good]):.2f} lux about, scatters by "
        f"{fpn.offset[good].std():.2f}; recovered to {np.median(off):.2f} (median), "
        f"{np.percentile(off, 95):.2f} (95 %)"
    )
    hit = np.count_nonzero(fpn.bad[found.bad > 0])
    print(
        f"bad pixels: {hit} found of {np.count_nonzero(fpn.bad)} in the map, and "
        f"{np.count_nonzero(found.bad) - hit} more"
    )
    picture = np.kron(sc.quarter_gray(_even(sc.read_picture(photo))), np.ones((2, 2)))
    height, width = fpn.shape
    scene = np.resize(picture[:height, :width], fpn.shape).astype(np.float32)
    for brightness in (0.05, 0.3, 0.8):
        light = scene * np.float32(brightness)
        spikes = sc.simulate((light for _ in range(402)), "gen2", seed=9, fpn=fpn)
        usual = np.median(fpn.gain[good])
        truth = usual * light / (usual * light + 1 - light)
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
        print(f"a photograph at {brightness:.2f} of full light, PSNR in dB: {', '.join(scores)}")


def rig(photo: Path, seed: int) -> tuple[npt.NDArray[np.float32], sc.SpikeStream, sc.Alignment]:
    """A picture, the spikes of a camera beside it, and the truth of where that one looks."""
    rng = np.random.default_rng(seed)
    picture = sc.read_picture(photo)
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
    to_picture = onto @ matrix @ upsampling_matrix(4)
    fine = warp_plane(wider, to_picture, (4 * height, 4 * width)).clip(0, 1)
    light = fine.reshape(height, 4, width, 4).mean(axis=(1, 3)) ** np.float32(rng.uniform(1, 2.2))
    light = np.clip(light * np.float32(rng.uniform(0.1, 1.2)), 0, 1)
    return picture, sc.simulate((light for _ in range(200)), "gen2", seed=seed), truth


def measure_rigs(folder: Path, rigs: int) -> None:
    """Align simulated rigs, and print how far off the places of pixels are."""
    photos = [p for p in sorted(folder.iterdir()) if sc.is_picture(p)]
    chosen = np.random.default_rng(0).permutation(len(photos))
    errors, refused = [], 0
    for seed in range(rigs):
        picture, spikes, truth = rig(photos[chosen[seed % len(photos)]], seed)
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
        print(f"rms error in {name} pixels, 50 75 90 95 100 %: {parts}")
    print(f"{len(errors)} of {rigs} aligned, {refused} refused")


def measure_hybrid(folder: Path) -> None:
    """Align real pairs, and print how far they are from lying over each other."""
    for counts in sorted(folder.glob("*.npy")):
        rate, picture = np.load(counts), sc.read_picture(counts.with_suffix(".jpg"))
        found = sc.align(picture, rate)
        same = sc.Alignment.same_view(rate.shape, picture.shape[:2])
        y, x = np.mgrid[: rate.shape[0] : 5, : rate.shape[1] : 5]
        points = np.stack([x, y], axis=-1)
        off = np.linalg.norm(found.to_picture(points) - same.to_picture(points), axis=-1)
        print(
            f"{counts.stem}: {np.sqrt(np.mean(off**2)):.2f} picture pixels from the same view, "
            f"error by estimate {found.error:.2f}, covers {found.coverage():.1%}"
        )


def _even(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return picture[: picture.shape[0] // 4 * 4, : picture.shape[1] // 4 * 4]


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    fpn = commands.add_parser("fpn")
    fpn.add_argument("map", type=Path)
    fpn.add_argument("photo", type=Path)
    fpn.add_argument("--frames", type=int, default=2000)
    align = commands.add_parser("align")
    align.add_argument("photos", type=Path)
    align.add_argument("--rigs", type=int, default=60)
    commands.add_parser("hybrid").add_argument("folder", type=Path)
    args = parser.parse_args()
    if args.command == "fpn":
        measure_fpn(args.map, args.photo, args.frames)
    elif args.command == "align":
        measure_rigs(args.photos, args.rigs)
    else:
        measure_hybrid(args.folder)


if __name__ == "__main__":
    main()
