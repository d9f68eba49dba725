"""The measurements run, and find what they look for."""

import re

import numpy as np
import pytest
from skimage import data as photographs

import spikecam as sc
from spikecam.bench.fixed_pattern import measure_pattern_recovery
from spikecam.bench.registration import (
    print_alignment_errors_of_simulated_pairs,
    print_alignment_of_real_pairs,
)


def numbers(text):
    return [float(n) for n in re.findall(r"[0-9]+\.[0-9]+", text)]


def test_the_fixed_pattern_is_recovered(tmp_path):
    fpn = sc.FixedPattern.random((40, 48), 0)
    fpn.save(tmp_path / "fpn.npz")
    sc.save(tmp_path / "photo.png", np.random.default_rng(0).random((200, 240, 3)))
    lines = []
    measure_pattern_recovery(tmp_path / "fpn.npz", tmp_path / "photo.png", 400, lines.append)
    scatter, left = numbers(lines[1])
    assert left < 0.3 * scatter
    raw, each = numbers(lines[-1])[1:3]
    assert each > raw + 5


def test_rigs_over_photographs_of_scikit_image_are_aligned(tmp_path):
    paths = []
    for name in ("astronaut", "coffee"):
        paths.append(tmp_path / f"{name}.png")
        sc.save(paths[-1], getattr(photographs, name)())
    lines = []
    print_alignment_errors_of_simulated_pairs(paths, 2, lines.append)
    assert max(numbers(lines[1])) < 0.5
    assert lines[2] == "2 of 2 aligned, 0 refused"


def test_real_pairs_are_aligned(data):
    lines = []
    print_alignment_of_real_pairs(data / "hybrid", lines.append)
    results = [numbers(line) for line in lines]
    assert len(results) == 6
    for off, error, covered in results:
        assert off < 10
        assert error < 0.3
        assert covered > 95


@pytest.mark.parametrize("name", ["registration", "fixed-pattern"])
def test_nothing_runs_without_what_it_needs(spikecam, name, tmp_path):
    assert spikecam("bench", name, tmp_path / "missing").code == 2
