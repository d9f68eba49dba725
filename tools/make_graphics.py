"""Make pictures of flat coloured shapes and letters, which photographs hold few of.

    python tools/make_graphics.py OUT [--count 160] [--seed 0]

Their colours differ more than their brightness, which spikes do not see: `spikecam synth` makes
scenes of them, from which a network learns to carry colours along with what moves.
"""

import argparse
import colorsys
import string
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = 1280, 960
# Drawn larger, and made smaller by this, so that edges are smooth.
SCALE = 2
# Shapes of a picture, and their sides, in pixels.
SHAPES, SIDES = (20, 120), (12, 420)


def random_colour(rng, base=None):
    """Draw a colour as three levels; near the hue of `base` or not."""
    hue = rng.random() if base is None or rng.random() < 0.5 else (base + rng.normal(0, 0.05)) % 1
    saturation, value = rng.beta(1.2, 1.2), rng.beta(1.6, 1.1)
    return tuple(round(255 * level) for level in colorsys.hsv_to_rgb(hue, saturation, value))


def random_side(rng):
    low, high = SIDES
    return SCALE * low * (high / low) ** rng.random()


def draw_letters(draw, rng, where, size, colour):
    letters = string.ascii_uppercase * 2 + string.digits + string.ascii_lowercase
    text = "".join(rng.choice(list(letters), rng.integers(1, 9)))
    font = ImageFont.load_default(max(12, size / 2))
    draw.text(tuple(where), text, fill=colour, font=font, stroke_width=int(rng.integers(0, 4)))


def draw_shape(draw, rng, base):
    x, y = rng.random(2) * SIZE * np.array(SCALE)
    across, down = random_side(rng), random_side(rng)
    colour = random_colour(rng, base)
    box = (x - across / 2, y - down / 2, x + across / 2, y + down / 2)
    outline = random_colour(rng, base) if rng.random() < 0.4 else None
    width = SCALE * int(rng.integers(1, 9))
    kind = rng.choice(["box", "ellipse", "polygon", "bars", "row", "letters", "letters"])
    if kind == "box":
        radius = rng.random() * min(across, down) / 2
        draw.rounded_rectangle(box, radius, colour, outline, width)
    elif kind == "ellipse":
        draw.ellipse(box, colour, outline, width)
    elif kind == "polygon":
        angles = np.sort(rng.random(rng.integers(3, 9))) * 2 * np.pi
        corners = np.stack([x + across / 2 * np.cos(angles), y + down / 2 * np.sin(angles)], 1)
        draw.polygon([tuple(corner) for corner in corners], colour, outline)
    elif kind == "bars":
        # Long thin lines, alone or side by side.
        count, thick = int(rng.integers(1, 6)), SCALE * rng.integers(3, 20)
        lies = rng.random() < 0.6
        length = 3 * max(across, down)
        for n in range(count):
            offset = 2.5 * n * thick
            bar = (x - length / 2, y + offset, x + length / 2, y + offset + thick)
            draw.rectangle(bar if lies else (bar[1], bar[0], bar[3], bar[2]), fill=colour)
    elif kind == "row":
        # The same thing again and again, such as windows.
        step = across * rng.uniform(1.1, 1.8)
        colours = [colour, random_colour(rng, base)]
        for n in range(int(rng.integers(3, 9))):
            part = (box[0] + n * step, box[1], box[2] + n * step, box[3])
            draw.rounded_rectangle(part, min(across, down) / 6, colours[n % 2], outline, width)
    else:
        draw_letters(draw, rng, (x - across / 2, y - down / 2), min(across, down), colour)


def make_picture(rng):
    """A picture of random shapes, lit a little unevenly."""
    size = SCALE * SIZE[0], SCALE * SIZE[1]
    base = rng.random()
    image = Image.new("RGB", size, random_colour(rng, base))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(*SHAPES)):
        draw_shape(draw, rng, base)
    image = image.resize(SIZE, Image.Resampling.LANCZOS)
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
    levels = np.asarray(image).astype(np.float32)
    shade = rng.uniform(0.55, 1.1, (3, 4)).astype(np.float32)
    light = Image.fromarray(shade).resize(SIZE, Image.Resampling.BICUBIC)
    grain = rng.standard_normal(levels.shape, np.float32) * np.float32(rng.uniform(0, 3))
    levels = levels * np.asarray(light)[..., None] + grain
    return Image.fromarray(np.rint(levels.clip(0, 255)).astype(np.uint8))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder of the pictures")
    parser.add_argument("--count", type=int, default=160, help="pictures")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for number in range(arguments.count):
        picture = make_picture(np.random.default_rng((arguments.seed, number)))
        picture.save(arguments.out / f"graphic_{number:04d}.png")


if __name__ == "__main__":
    main()
