"""Draw the sample scene that ships with the package: one blurry photo and its spike recording.

A toy bus rolls past a spinning letter wheel; every pixel is drawn here, from no outside picture.
Writes blur.png, spikes.dat and spikes.dat.json, the same on every run:

    python tools/make_sample.py [-o OUT] [--truth DIR]

--truth also writes a few of the sharp frames that the blurry photo is the mean of.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

import spikecam as sc
from spikecam.scenes.motion import SCENE_EXPOSURE, SCENE_FRAMES

W, H = 1280, 720
RATE = 20_000  # frames a second
NUMBERS = (20, 36, 52, 68, 84, 100, 116)  # sharp frames that --truth writes

MIDDLE = 68  # the frame at which the wheel reads upright
TURN, ROLL = np.deg2rad(40) / 97, 88 / 97  # a frame: wheel in radians, bus in pixels

WHEEL, WHEEL_R = (968, 274), 236
BUS, BUS_SIZE = (64, 318), (700, 340)  # left top of the bus layer at the middle frame
AXLES, TYRE_R = ((164, 282), (532, 282)), 45

INK, CREAM, PAPER, RED = (52, 50, 54), (240, 226, 196), (236, 230, 214), (184, 94, 70)
BODY, PANEL, SASH, GLASS = (62, 112, 118), (52, 96, 102), (46, 84, 90), (190, 208, 204)
LIGHT_WOOD, WOOD, DARK_WOOD = (206, 168, 118), (150, 106, 70), (122, 88, 62)
BICUBIC = Image.Resampling.BICUBIC


class Pen:
    """Draws in scene pixels on a canvas four times as fine, so that edges come out smooth."""

    def __init__(self, width, height):
        self.image = Image.new("RGBA", (4 * width, 4 * height))
        self.draw = ImageDraw.Draw(self.image)

    def box(self, x0, y0, x1, y1, fill, radius=0):
        self.draw.rounded_rectangle((4 * x0, 4 * y0, 4 * x1, 4 * y1), 4 * radius, fill)

    def disc(self, x, y, r, fill):
        self.draw.ellipse((4 * (x - r), 4 * (y - r), 4 * (x + r), 4 * (y + r)), fill)

    def poly(self, points, fill):
        self.draw.polygon([(4 * x, 4 * y) for x, y in points], fill)

    def text(self, x, y, text, size, fill, bold=0, width=None, turn=0.0):
        """Text about (x, y), spaced out to the width if there is one, then turned clockwise."""
        font = ImageFont.load_default(size=4 * size)
        long = np.array([font.getlength(c) / 4 for c in text])
        if width:
            long += (width - long.sum()) / len(text)
        places = np.cumsum(long) - long / 2 - long.sum() / 2
        stamp = Image.new("L", self.image.size)
        for place, letter in zip(places, text, strict=True):
            spot = (4 * (x + place), 4 * y)
            ImageDraw.Draw(stamp).text(spot, letter, 255, font, "mm", stroke_width=4 * bold)
        if turn:
            stamp = stamp.rotate(-np.rad2deg(turn), BICUBIC, center=(4 * x, 4 * y))
        self.image.paste(fill, mask=stamp)

    def layer(self, scale=1):
        return self.image.reduce(4 // scale)


def polar(middle, r, angle):
    """The point at radius r about (middle, middle), angle counted clockwise from the top."""
    return middle + r * np.sin(angle), middle - r * np.cos(angle)


def sector(middle, inner, outer, start, stop):
    arc = np.linspace(start, stop, 24)
    return np.r_[np.c_[polar(middle, outer, arc)], np.c_[polar(middle, inner, arc)][::-1]]


def shade(kind, where, radius):
    """A blurred shape (H, W, 1) in [0, 1], for shadows and pools of light."""
    image = Image.new("L", (W, H))
    getattr(ImageDraw.Draw(image), kind)(where, fill=255)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32)[..., None] / 255


def noise(rng, across, down):
    """Smooth noise (H, W, 1) about 0: a few random cells blown up to the whole picture."""
    cells = Image.fromarray(rng.normal(size=(down, across)).astype(np.float32))
    return np.asarray(cells.resize((W, H), BICUBIC))[..., None]


def blend(picture, layer, left, top):
    """Put an RGBA layer of the scene's scale over the picture, in place."""
    part = np.asarray(layer, np.float32) / 255
    spot = picture[top:, left:][: part.shape[0], : part.shape[1]]
    spot += part[..., 3:] * (part[..., :3] - spot)


def moved(layer, dx=0.0, angle=0.0):
    """A double-scale layer turned clockwise about its middle, pushed right; at scene scale."""
    x, y = layer.width / 2, layer.height / 2
    c, s = np.cos(angle), np.sin(angle)
    px = x + 2 * dx
    back = (c, s, x - c * px - s * y, -s, c, y + s * px - c * y)
    # moved at the double scale and only then halved, or thin lines would flicker
    return layer.transform(layer.size, Image.Transform.AFFINE, back, BICUBIC).reduce(2)


def draw_wheel():
    m, r = WHEEL_R + 4, WHEEL_R
    pen = Pen(2 * m, 2 * m)
    pen.disc(m, m, r, DARK_WOOD)
    pen.disc(m, m, r - 3, LIGHT_WOOD)
    for i, a in enumerate(np.deg2rad(np.arange(0, 360, 15))):
        if i % 2:
            pen.poly(sector(m, r - 30, r - 5, a, a + np.deg2rad(15)), WOOD)
        pen.disc(*polar(m, r - 17, a), 5, (98, 70, 50))
        pen.disc(*polar(m, r - 18, a), 4, (236, 208, 150))
    pen.disc(m, m, r - 29, DARK_WOOD)
    half = np.pi / 8
    for i, letter in enumerate("FASTMLIF"):
        a = (2 * i - 3) * half
        # hues change slowly round the wheel, so that the blur mixes neighbours, not opposites
        hue = 0.5 - 0.5 * np.cos(a + np.array([0.6, -1.5, 2.7]))
        ground = 230 * (1 - 0.24 * hue) if i % 2 else 189 * (1 - 0.36 * hue)
        pen.poly(sector(m, 70, r - 33, a - half, a + half), tuple(ground.astype(int)))
        # the lower word stands on the rim side, so that it too reads upright
        pen.text(*polar(m, 141, a), letter, 108, INK, bold=4, turn=a if i < 4 else a + np.pi)
    pen.disc(m, m, 73, DARK_WOOD)
    reach = np.linspace(16, 70, 20)
    for a in np.deg2rad(np.arange(0, 360, 60)):
        edges = [np.c_[polar(m, reach, a + wide + 0.016 * reach)] for wide in (0, np.pi / 6)]
        pen.poly(np.r_[edges[0], edges[1][::-1]], CREAM)
    return pen.layer(2)


def draw_pointer():
    """What stays put in front of the wheel: the pointer and the brass cap of the axle."""
    m, top = WHEEL_R + 30, 30
    pen = Pen(2 * m, 2 * m)
    pen.disc(m, m, 17, (120, 90, 48))
    pen.disc(m, m, 15, (206, 166, 92))
    pen.disc(m - 4, m - 4, 6, (238, 214, 160))
    pen.poly([(m - 17, top - 22), (m + 17, top - 22), (m, top + 26)], (172, 76, 58))
    pen.poly([(m - 9, top - 18), (m + 1, top - 18), (m - 1, top + 10)], (204, 108, 84))
    return pen.layer()


def draw_tyre():
    m = TYRE_R + 4
    pen = Pen(2 * m, 2 * m)
    pen.disc(m, m, TYRE_R, (58, 57, 60))
    pen.disc(m, m, TYRE_R - 13, (214, 202, 176))
    for a in np.deg2rad(np.arange(0, 360, 72)):
        pen.disc(*polar(m, 22, a), 8, (96, 88, 80))
    pen.disc(m, m, 9, RED)
    return pen.layer(2)


def draw_bus():
    pen = Pen(*BUS_SIZE)
    pen.box(22, 18, 672, 296, BODY, 34)
    pen.box(40, 8, 640, 30, (228, 214, 184), 11)
    pen.box(22, 118, 672, 237, CREAM)
    pen.box(22, 125, 672, 231, PANEL)
    for i in range(7):
        x = 44 + 77 * i
        pen.box(x - 3, 37, x + 65, 107, SASH, 12)
        pen.box(x, 40, x + 62, 104, GLASS, 10)
        pen.poly([(x + 34, 40), (x + 54, 40), (x + 24, 104), (x + 4, 104)], (212, 224, 216))
        if i % 3:
            pen.box(x + 14, 82, x + 50, 104, (206, 160, 84) if i % 2 else RED, 8)
            pen.disc(x + 32, 70, 13, (132, 92, 70) if i % 2 else (196, 146, 112))
    pen.box(585, 37, 661, 107, SASH, 12)
    pen.box(588, 40, 658, 104, GLASS, 10)
    pen.box(603, 84, 643, 104, (80, 96, 128), 8)
    pen.disc(625, 70, 14, (176, 124, 94))
    pen.box(609, 52, 643, 64, (62, 76, 104), 5)
    pen.text(347, 177, "SPIKECAM", 100, CREAM, bold=4, width=596)
    pen.disc(650, 262, 13, (240, 222, 158))
    pen.box(22, 250, 36, 276, (196, 84, 66), 5)
    pen.box(258, 250, 438, 284, PAPER, 6)
    pen.text(348, 267, "SPK 20000", 28, INK, bold=1)
    for x, y in AXLES:
        pen.disc(x, y, TYRE_R + 9, (40, 62, 66))
    pen.box(14, 288, 682, 300, (70, 72, 74), 6)
    pen.box(0, 300.5, *BUS_SIZE, (0, 0, 0, 0))  # the lower half of the wheel arches
    # bright shoulder, darker foot: the body is bent sheet metal
    fine = np.array(pen.layer(2), np.float32)
    down = np.linspace(0, 1, len(fine))[:, None, None]
    shine = np.exp(-(((down - 0.10) / 0.05) ** 2)) + np.exp(-(((down - 0.42) / 0.1) ** 2))
    fine[..., :3] *= 1.04 + 0.1 * shine - 0.24 * down**1.5
    return Image.fromarray(np.clip(np.round(fine), 0, 255).astype(np.uint8))


def draw_card():
    pen = Pen(360, 220)
    pen.box(0, 0, 359, 219, (112, 82, 60), 4)
    pen.box(10, 10, 350, 210, PAPER)
    pen.text(180, 60, "STANDS STILL", 40, INK, bold=1, width=300)
    pen.box(40, 92, 320, 96, RED)
    pen.text(180, 124, "The bus rolls, the wheel turns.", 20, INK)
    pen.text(180, 152, "This card does not move.", 20, INK)
    for i in range(29):
        pen.box(39 + 10 * i, 176, 41 + 10 * i + i % 4, 194 if i % 4 else 200, INK)
    return pen.layer()


def draw_block(letter, colour):
    pen = Pen(92, 92)
    pen.box(0, 0, 91, 91, LIGHT_WOOD, 7)
    pen.box(9, 9, 82, 82, colour, 4)
    pen.box(14, 14, 77, 77, (232, 214, 176), 3)
    pen.text(46, 46, letter, 56, colour, bold=2)
    return pen.layer()


def draw_stand():
    pen = Pen(240, 322)
    pen.poly([(98, 0), (142, 0), (166, 300), (74, 300)], WOOD)
    pen.poly([(98, 0), (112, 0), (92, 300), (74, 300)], (172, 124, 82))
    pen.box(0, 292, 239, 321, WOOD, 10)
    pen.box(0, 292, 239, 302, (178, 130, 88), 5)
    return pen.layer()


def draw_room(rng, edge=500):
    """The still background: wall, wooden table from the row edge on, wheel stand, card, blocks."""
    y = np.arange(H, dtype=np.float32)[:, None, None]
    wall = np.float32([0.86, 0.80, 0.70]) * (1 + 0.01 * noise(rng, 14, 8))
    grain = 0.05 * noise(rng, 7, 90) + 0.03 * noise(rng, 14, 240) + 0.02 * noise(rng, 60, 300)
    grain = grain + 0.1 * (y - edge) / (H - edge)
    for seam, tone in ((548, 0.05), (612, -0.04), (684, 0.03)):
        grain = grain + tone * (y > seam) - 0.28 * np.exp(-(((y - seam) / 1.6) ** 2))
    room = np.where(y >= edge, np.float32([0.74, 0.55, 0.37]) * (1 + grain), wall)
    room *= 1 - 0.25 * np.exp(-np.abs(y - edge) / 7)

    x, middle = WHEEL
    fade = 1 / (1 + np.exp((y - edge) / 3))  # the wheel's shadow is on the wall alone
    room *= 1 - 0.42 * fade * shade("ellipse", (x - 214, middle - 206, x + 256, middle + 264), 16)
    room *= 1 - 0.5 * shade("rectangle", (x - 118, 562, x + 144, 590), 9)
    room *= 1 - 0.5 * shade("rectangle", (1106, 592, 1216, 616), 8)
    room *= 1 - 0.4 * shade("rectangle", (112, 66, 478, 292), 9)
    room = room.astype(np.float32)
    blend(room, draw_stand(), x - 120, 260)
    blend(room, draw_card(), 106, 60)
    blend(room, draw_block("D", (86, 118, 128)), 1112, 516)
    blend(room, draw_block("3", (176, 92, 70)), 1120, 424)
    return room


def draw_light():
    """The light on everything: a lamp from the upper left, sun through panes, dark corners."""
    y, x = np.mgrid[0:H, 0:W, 0:1].astype(np.float32)[:2]
    light = 0.67 + 0.31 * np.exp(-(((x - 480) / 900) ** 2) - ((y - 230) / 620) ** 2)
    for left in (330, 520, 710):
        pane = [(left, -20), (left + 150, -20), (left - 90, 520), (left - 240, 520)]
        light += 0.05 * shade("polygon", pane, 22)
    return light * np.float32([1.0, 0.985, 0.95])


class Scene:
    """The scene, ready to be drawn at any time."""

    def __init__(self):
        self.room, self.light = draw_room(np.random.default_rng(7)), draw_light()
        self.wheel, self.pointer = draw_wheel(), draw_pointer()
        self.bus, self.tyre = draw_bus(), draw_tyre()
        y, x = np.mgrid[0:H, 0:W, 0:1].astype(np.float32)[:2]
        y, x = y - WHEEL[1], x - WHEEL[0]
        self.sheen = 1 + 0.07 * np.cos(2 * np.arctan2(y, x) - 2.2) * (np.hypot(x, y) < WHEEL_R)
        x, y = BUS
        lit = 1 - 0.22 * shade("rectangle", (x + 54, y + 44, x + 686, y + 300), 18)
        lit *= 1 - 0.55 * shade("ellipse", (x + 10, y + 298, x + 706, y + 346), 8)
        self.shadow = Image.fromarray(1 - lit[..., 0])  # 0 off the picture, where it moves in from

    def frame(self, t):
        """Frame t, gamma-encoded float32 RGB (H, W, 3) in [0, 1]."""
        dx, angle = ROLL * (t - MIDDLE), TURN * (t - MIDDLE)
        picture = self.room.copy()
        left, top = WHEEL[0] - WHEEL_R, WHEEL[1] - WHEEL_R
        blend(picture, moved(self.wheel, angle=angle), left - 4, top - 4)
        picture *= self.sheen
        blend(picture, self.pointer, left - 30, top - 30)
        shift = (1, 0, -dx, 0, 1, 0)
        shadow = self.shadow.transform((W, H), Image.Transform.AFFINE, shift, BICUBIC)
        picture *= 1 - np.asarray(shadow)[..., None]
        whole = int(np.floor(dx))
        blend(picture, moved(self.bus, dx - whole), BUS[0] + whole, BUS[1])
        for x, y in AXLES:
            tyre = moved(self.tyre, dx - whole, dx / TYRE_R)
            x, y = BUS[0] + x - TYRE_R - 4, BUS[1] + y - TYRE_R - 4
            blend(picture, tyre, x + whole, y)
        return np.clip(picture * self.light, 0.06, 0.94)


def to_image(picture):
    return Image.fromarray(np.round(255 * picture).astype(np.uint8))


def main():
    home = Path(__file__).resolve().parents[1] / "src" / "spikecam" / "sample"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, default=home, help="folder for the sample")
    parser.add_argument("--truth", type=Path, metavar="DIR", help="also write sharp frames here")
    args = parser.parse_args()
    for folder in filter(None, (args.out, args.truth)):
        folder.mkdir(parents=True, exist_ok=True)

    scene, grays, blur = Scene(), [], sc.FrameAverage()
    for t in range(SCENE_FRAMES):
        picture = scene.frame(t)
        grays.append(sc.quarter_gray(picture))
        if t in range(*SCENE_EXPOSURE):
            blur.add(picture)
        if args.truth and t in NUMBERS:
            to_image(picture).save(args.truth / f"{t:03d}.png")
    to_image(blur.mean_picture()).save(args.out / "blur.png", optimize=True)
    sc.save(args.out / "spikes.dat", sc.simulate(grays, rate=RATE, exposure=SCENE_EXPOSURE))


if __name__ == "__main__":
    main()
