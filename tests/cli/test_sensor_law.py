"""A camera is simulated, calibrated and corrected with commands alone, whichever law it has."""

import numpy as np
import pytest

import spikecam as sc

SHAPE = (40, 48)
DARK, MIDDLE, BRIGHT = LEVELS = (0, 90, 230)
SCENE = 160


@pytest.fixture
def command(tmp_path, monkeypatch, spikecam):
    """Run a command that has to succeed, in a folder with pictures of uniform fields."""
    monkeypatch.chdir(tmp_path)
    for level in (*LEVELS, SCENE):
        sc.save(f"{level}.png", np.full(SHAPE, level, np.uint8))

    def run(words, *more):
        ended = spikecam(*words.split(), *more)
        assert ended.code == 0, ended.err
        return ended.out

    return run


def calibrate(command, camera, out):
    """Simulate and calibrate; what the calibration says."""
    for level in LEVELS:
        simulate = f"simulate {level}.png -o {level}.dat --still 1500 --full --encoding linear"
        command(simulate, *camera.split())
    fields = " ".join(f"{level}.dat" for level in LEVELS)
    return command(f"calibrate fpn {fields} --lux {DARK},{MIDDLE},{BRIGHT} -o {out}")


def spread(path):
    picture = sc.read_picture(path)
    return picture.std() / picture.mean()


def check_flat(command, camera, fpn):
    """Another light than those of the calibration comes out flat, shown or reconstructed."""
    command(
        f"simulate {SCENE}.png -o scene.dat --still 1500 --full --encoding linear --rate 20000",
        *camera.split(),
    )
    reconstruct = "reconstruct scene.dat --window 1001 --bits 16 -o"
    command(f"{reconstruct} raw.png")
    command(f"{reconstruct} flat.png --fpn {fpn}")
    command(f"view scene.dat --method tfp --window 1001 --stretch 0:100 -o view.png --fpn {fpn}")
    assert spread("raw.png") > 0.02
    assert spread("flat.png") < 0.1 * spread("raw.png")
    assert sc.read_picture("view.png").shape == SHAPE


@pytest.mark.parametrize("law", ["--dead-frame", ""])
def test_a_camera_with_a_published_pattern_is_corrected(command, law):
    camera = f"--preset gen2 --seed 7 {law}"
    assert "law with a dead frame" in calibrate(command, camera, "fpn.npz")
    check_flat(command, camera, "fpn.npz")


def test_a_linear_camera_is_corrected_at_high_rates(command):
    # Gains painted into the fields; then a camera with the pattern that was found.
    gains = np.exp(np.random.default_rng(0).normal(0, 0.05, SHAPE)).clip(0, 1.1)
    for level in LEVELS:
        sc.save(f"{level}.png", np.uint8(gains * level + 0.5))
    assert "law without a dead frame" in calibrate(command, "--preset ideal", "found.npz")
    for level in LEVELS:
        sc.save(f"{level}.png", np.full(SHAPE, level, np.uint8))
    camera = "--preset s-sdm --fpn found.npz"
    assert "law without a dead frame" in calibrate(command, camera, "again.npz")
    check_flat(command, camera, "again.npz")


def test_fields_of_no_law_are_refused(command, spikecam):
    for level, light in zip(LEVELS, (0, 180, 230), strict=True):
        sc.save(f"{level}.png", np.full(SHAPE, light, np.uint8))
        simulate = f"simulate {level}.png -o {level}.dat --still 400 --full --encoding linear"
        command(f"{simulate} --preset ideal")
    words = "calibrate fpn 0.dat 90.dat 230.dat --lux 0,90,230 -o fpn.npz"
    ended = spikecam(*words.split())
    assert ended.code == 2
    assert "illuminances do not fit the fields" in ended.err
    assert ended.err.count("\n") == 1
