"""Make the pictures of docs/two-cameras.md: faults of a rig, and their cures.

    python tools/make_rig_pictures.py [-o OUT]

A camera moves over a sharp frame of the sample; its photograph and spikes are simulated in light.
Every sheet shows the blurry picture or the fault on the left and the cure on the right, with the
PSNR of each on standard output.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from make_manual_pictures import beside, write

import spikecam as sc
from spikecam import sample
from spikecam.deblurring.rolling_shutter import row_delays
from spikecam.encoding import SRGB, quarter_gray_light

SIZE, EXPOSURE, AT, SPEED = (512, 768), (40, 137), 88, 44
FRAMES = 201
# Part of a picture that is shown.
PART = (slice(150, 410), slice(200, 560))


class Rig:
    """Frames of a scene in light, what a camera makes of them, and the spikes."""

    def __init__(self, photo, gain=1.0):
        scene = sc.moving_scene(
            photo, size=SIZE, frames=FRAMES, exposure=EXPOSURE, speed=SPEED, seed=2
        )
        self.frames = list(scene)
        self.gain = gain
        self.spikes = sc.simulate(
            [quarter_gray_light(frame, SRGB) for frame in self.frames], threshold=2.0, seed=1
        )
        self.truth = SRGB.encode(np.minimum(self.light(AT) * gain, 1))

    def light(self, number):
        """Light of a frame."""
        return SRGB.light_of_levels[self.frames[number]]

    def photograph(self, readout=0.0):
        """The encoded mean of light over the exposure, row by row."""
        total = np.zeros((*SIZE, 3), np.float64)
        delays = row_delays(SIZE[0], readout)
        for number in range(FRAMES):
            begin = np.maximum(number, EXPOSURE[0] + delays)
            end = np.minimum(number + 1, EXPOSURE[1] + delays)
            total += np.maximum(end - begin, 0)[:, None, None] * self.light(number)
        mean = total / (EXPOSURE[1] - EXPOSURE[0])
        return SRGB.encode(np.minimum(mean * self.gain, 1))

    def deblur(self, blur, **options):
        """The sharp picture of a frame, without its warnings."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return sc.deblur(blur, self.spikes, **({"at": AT, "exposure": EXPOSURE} | options))

    def psnr(self, picture):
        """PSNR of a picture, away from its border."""
        inner = slice(20, -20)
        return sc.psnr(picture[inner, inner], self.truth[inner, inner], data_range=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/pictures"))
    out = parser.parse_args().out
    photo = sharp_frame()
    rig = Rig(photo)
    blur = rig.photograph()

    def sheet(name, *pictures):
        print(name, *(f"{rig.psnr(picture):.1f}" for picture in pictures))
        write(out, name, beside([picture[PART] for picture in pictures]))

    as_light = rig.deblur(blur, encoding="linear", check_match=False)
    sheet("rig-tone.jpg", blur, as_light, rig.deblur(blur))
    start, stop = EXPOSURE
    half = rig.deblur(blur, exposure=(start, (start + stop) // 2), check_match=False)
    sheet("rig-exposure.jpg", blur, half, rig.deblur(blur, exposure=None))
    apart = np.roll(blur, (5, 8), (0, 1))
    sheet("rig-place.jpg", rig.deblur(apart, check_match=False), rig.deblur(apart))
    rolling = rig.photograph(readout=(stop - start) / 2)
    undone = rig.deblur(rolling, readout="auto")
    sheet("rig-rolling.jpg", rig.deblur(rolling, check_match=False), undone)
    bright = Rig(photo, gain=2.5)
    clipped = bright.photograph()
    light = bright.deblur(clipped, hdr=True)
    shown = [clipped, np.minimum(SRGB.encode(light), 1), np.minimum(SRGB.encode(light / 2.5), 1)]
    write(out, "rig-clipped.jpg", beside([picture[PART] for picture in shown]))


def sharp_frame():
    """A sharp frame of the sample, made by deblurring it."""
    stream = sc.open(sample.SPIKES)
    return sc.deblur(sample.BLUR, stream, at=68)


if __name__ == "__main__":
    main()
