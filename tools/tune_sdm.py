"""Compare windows and strengths of the prior of SDM on scenes made from photographs.

    python tools/tune_sdm.py PHOTOS [--scenes 12]

PHOTOS is a folder of sharp photographs. The camera moves over one of them in every scene, with a
piece of another one in front in every other scene; 137 frames of 448x320 and the spikes of a
quarter of that, at thresholds 1, 2 and 4, as SpikeReveal's protocol has it. Prints the mean PSNR of
7 frames for every window, prior and threshold.
"""

import argparse
from pathlib import Path

import numpy as np

import spikecam as sc
from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.methods.sdm import SdmOptions, sdm
from spikecam.scenes.motion import SCENE_EXPOSURE

SIZE = (320, 448)
NUMBERS = (20, 36, 52, 68, 84, 100, 116)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--scenes", type=int, default=12)
    args = parser.parse_args()
    rng = np.random.default_rng(7)
    photos = sorted(args.photos.glob("*.jpg"))
    settings = [(w, p) for w in (13, 15, 17, 21, 25) for p in (0.05, 0.1, 0.2, 0.5)]
    scores = np.zeros((len(settings), 3))
    for i in range(args.scenes):
        chosen = rng.choice(photos, 1 + i % 2, replace=False)
        photo, *front = (sc.read_picture(file) for file in chosen)
        speed = rng.uniform(6, 45)
        moving = sc.moving_scene(photo, size=SIZE, speed=speed, foregrounds=front, seed=i)
        frames = np.stack(list(moving))
        blur = sc.average_frames(frames[slice(*SCENE_EXPOSURE)])
        truth = frames[list(NUMBERS)].astype(np.float32) / 255
        grays = np.stack([sc.quarter_gray(frame) for frame in frames])
        for k, threshold in enumerate((1, 2, 4)):
            stream = sc.simulate(grays, threshold=threshold, seed=i)
            for row, (window, prior) in zip(scores, settings, strict=True):
                picture = BlurryPicture(blur)
                sharp = sdm(picture, stream, NUMBERS, SCENE_EXPOSURE, SdmOptions(window, prior))
                clipped = (np.minimum(one, 1) for one in sharp)
                row[k] += sc.score(clipped, truth, ["psnr"])["psnr"]
    print("window prior   V_th 1     2     4")
    for (window, prior), row in zip(settings, scores / args.scenes, strict=True):
        print(f"{window:6d} {prior:5.2f}   {row[0]:.2f} {row[1]:.2f} {row[2]:.2f}")


if __name__ == "__main__":
    main()
