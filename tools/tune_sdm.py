"""Choose the window and the prior of SDM on scenes made from photographs.

    python tools/tune_sdm.py PHOTOS [--scenes 12]

PHOTOS is a folder of sharp photographs of at least 700 pixels a side. Every scene pans over one of
them, every other one with a round piece of a second photograph moving in front; 137 frames of
448x320 and the spikes of a quarter of that, at thresholds 1, 2 and 4, as SpikeReveal's protocol
has it. Prints the mean PSNR of 7 frames for every window, prior and threshold.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from protocol import EXPOSURE, FRAMES, NUMBERS, fire, quarter_gray

from spikecam.bench.sequences import psnr
from spikecam.deblurring.sdm import sdm

WIDTH, HEIGHT = 448, 320


def path(rng, pixels):
    """A slightly bent way of about ``pixels`` within the exposure, (FRAMES, 2)."""
    angle = rng.uniform(0, 2 * np.pi)
    t = (np.arange(FRAMES)[:, None] - 68) / 97
    straight = pixels * np.array([np.cos(angle), np.sin(angle)])
    return straight * t + rng.normal(0, 0.15, 2) * pixels * t**2


def photograph(file):
    with Image.open(file) as image:
        return image.convert("RGB")


def shifted(image, left, top):
    matrix = (1, 0, left, 0, 1, top)
    return image.transform((WIDTH, HEIGHT), Image.Transform.AFFINE, matrix, Image.BICUBIC)


def scene(photo, other, rng):
    """Frames (FRAMES, HEIGHT, WIDTH, 3) as bytes."""
    background = photograph(photo)
    background = background.resize([side * 2 // 3 for side in background.size], Image.LANCZOS)
    centre = np.array(background.size) / 2 - (WIDTH / 2, HEIGHT / 2)
    ways = centre + path(rng, rng.uniform(6, 45))
    piece = None
    if other is not None:
        piece = photograph(other).convert("RGBA").resize((200, 200), Image.LANCZOS)
        y, x = np.mgrid[:200, :200]
        soft = np.clip((85 - np.hypot(y - 100, x - 100)) / 2, 0, 1)
        piece.putalpha(Image.fromarray((soft * 255).astype(np.uint8)))
        places = rng.uniform((20, 0), (WIDTH - 220, HEIGHT - 200)) + path(rng, rng.uniform(20, 60))
    frames = []
    for t in range(FRAMES):
        frame = shifted(background, *ways[t])
        if piece is not None:
            front = shifted(piece, *-places[t])
            frame = Image.alpha_composite(frame.convert("RGBA"), front).convert("RGB")
        frames.append(np.asarray(frame))
    return np.stack(frames)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--scenes", type=int, default=12)
    args = parser.parse_args()
    rng = np.random.default_rng(7)
    photos = [p for p in sorted(args.photos.glob("*.jpg")) if min(photograph(p).size) >= 700]
    settings = [(w, p) for w in (13, 15, 17, 21, 25) for p in (0.05, 0.1, 0.2, 0.5)]
    scores = np.zeros((len(settings), 3))
    for i in range(args.scenes):
        other = photos[-1 - i % len(photos)] if i % 2 else None
        frames = scene(photos[i % len(photos)], other, rng)
        blur = np.rint(frames[slice(*EXPOSURE)].mean(axis=0)).astype(np.float32) / 255
        truth = frames[list(NUMBERS)].astype(np.float32) / 255
        grays = np.stack([quarter_gray(frame / 255) for frame in frames])
        for k, threshold in enumerate((1, 2, 4)):
            stream = fire(grays, threshold, rng)
            for row, (window, prior) in zip(scores, settings, strict=True):
                sharp = sdm(blur, stream, NUMBERS, EXPOSURE, window=window, prior=prior)
                row[k] += np.mean([psnr(*pair) for pair in zip(sharp, truth, strict=True)])
    print("window prior   V_th 1     2     4")
    for (window, prior), row in zip(settings, scores / args.scenes, strict=True):
        print(f"{window:6d} {prior:5.2f}   {row[0]:.2f} {row[1]:.2f} {row[2]:.2f}")


if __name__ == "__main__":
    main()
