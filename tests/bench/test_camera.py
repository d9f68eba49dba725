"""The measurements run, and find what they look for."""

import re

import numpy as np

import spikecam as sc
from spikecam.bench.camera import measure_fpn, measure_hybrid, measure_rigs


def numbers(text):
    return [float(n) for n in re.findall(r"[0-9]+\.[0-9]+", text)]


def test_the_fixed_pattern_is_recovered(data, tmp_path, capsys):
    fpn = sc.FixedPattern.random((40, 48), 0)
    fpn.save(tmp_path / "fpn.npz")
    sc.save(tmp_path / "photo.png", np.random.default_rng(0).random((200, 240, 3)))
    measure_fpn(tmp_path / "fpn.npz", tmp_path / "photo.png", 400)
    lines = capsys.readouterr().out.splitlines()
    scatter, left = numbers(lines[1])
    assert left < 0.3 * scatter
    raw, each = numbers(lines[-1])[1:3]
    assert each > raw + 5


def test_rigs_are_aligned(data, capsys):
    measure_rigs(data / "train_photos", 2)
    lines = capsys.readouterr().out.splitlines()
    assert max(numbers(lines[1])) < 0.5
    assert lines[2] == "2 of 2 aligned, 0 refused"


def test_real_pairs_are_aligned(data, capsys):
    measure_hybrid(data / "hybrid")
    found = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert len(found) == 6
    for off, error, covered in found:
        assert off < 10
        assert error < 0.3
        assert covered > 95
