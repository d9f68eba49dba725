"""Make the pictures of docs/camera.md: a simulated rig before and after correction.

    python tools/make_camera_pictures.py [-o OUT]

The scene is the sample's. Writes fixed-pattern.jpg, a dark recording of a made-up camera before and
after its fixed pattern is corrected, and alignment.jpg, spikes (red) over a second camera's picture
(cyan) before and after alignment; both with the numbers on standard output.
"""

import argparse
from pathlib import Path

import numpy as np
from make_sample import MIDDLE, Scene
from PIL import Image

import spikecam as sc
from spikecam.calibration.uniform_fields import simulate_uniform_field
from spikecam.gray import as_gray

LUX = (0, 153, 335)


def fixed_pattern(light, out):
    fpn = sc.FixedPattern.random(light.shape, seed=1)
    found = sc.calibrate_fpn(
        [simulate_uniform_field(fpn, lux, 1500, i) for i, lux in enumerate(LUX)], LUX
    )
    good = (fpn.bad == 0) & (found.bad == 0)
    gains = [m.gain / np.median(m.gain[good]) for m in (fpn, found)]
    offsets = (found.offset - fpn.offset)[good]
    print(
        f"gains: scatter {gains[0][good].std():.2%}, off by {(gains[1] - gains[0])[good].std():.2%}"
    )
    print(f"offsets: scatter {fpn.offset[good].std():.2f} lux, off by {np.abs(offsets).mean():.2f}")
    spikes = sc.simulate((light for _ in range(402)), "gen2", seed=9, fpn=fpn)
    raw = sc.reconstruct(spikes, window=401)
    each, after = sc.reconstruct(spikes, window=401, fpn=found), found.correct(raw.copy())
    usual = np.median(fpn.gain)
    truth = usual * light / (usual * light + 1 - light)
    for name, picture in (("before", raw), ("spike by spike", each), ("afterwards", after)):
        error = float(np.mean((picture - truth) ** 2))
        print(f"{name}: {10 * np.log10(float(truth.max()) ** 2 / error):.1f} dB")
    pair = [np.clip(p / np.percentile(truth, 99.5), 0, 1) for p in (raw, each)]
    sheet = np.concatenate([np.kron(p, np.ones((2, 2))) for p in pair], axis=1)
    sc.save(out / "fixed-pattern.jpg", sheet)


def alignment(picture, out):
    turn, zoom = np.deg2rad(2), 1.02
    middle = np.array([[1, 0, 640], [0, 1, 360], [0, 0, 1.0]])
    moved = np.eye(3)
    moved[:2, :2] = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved[:2, 2] = 14, -9
    moved[2, :2] = 2e-5, -1e-5
    # The spike camera sees the scene as it is, the other one through this homography.
    truth = sc.Alignment.same_view((180, 320), (720, 1280)).matrix
    back = np.asarray(middle @ np.linalg.inv(moved) @ np.linalg.inv(middle))
    seen = sc.Alignment(tuple(map(tuple, back)), (720, 1280), (720, 1280)).rectify(picture)
    spikes = sc.simulate(sc.quarter_gray(picture) for _ in range(137))
    found = sc.align(seen, spikes)
    y, x = np.mgrid[20:160:8, 20:300:8]
    points = np.stack([x, y], axis=-1)
    exact = sc.Alignment(
        tuple(map(tuple, middle @ moved @ np.linalg.inv(middle) @ truth)), (180, 320), (720, 1280)
    )
    off = np.linalg.norm(found.to_picture(points) - exact.to_picture(points), axis=-1)
    before = np.linalg.norm(points * 4 + 1.5 - exact.to_picture(points), axis=-1)
    print(f"alignment: {before.mean():.1f} pixels off before, {off.mean():.3f} after")
    rate = np.kron(spikes.count() / 137, np.ones((4, 4)))
    overlays = []
    for other in (seen, found.rectify(seen)):
        gray = as_gray(other)
        overlays.append(np.stack([rate, gray, gray], axis=-1)[:, 560:1200])
    sheet = Image.fromarray(np.uint8(255 * np.concatenate(overlays, axis=1).clip(0, 1)))
    sheet.save(out / "alignment.jpg", quality=90)


def main():
    home = Path(__file__).resolve().parents[1] / "docs" / "pictures"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, default=home)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    picture = Scene().frame(MIDDLE).astype(np.float32)
    fixed_pattern(sc.quarter_gray(picture) * 0.12, args.out)
    alignment(picture, args.out)


if __name__ == "__main__":
    main()
