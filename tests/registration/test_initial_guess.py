import numpy as np
import pytest
from PIL import Image

from spikecam.registration.initial_guess import (
    correlate_shifts,
    search_similarity,
    similarity_from_features,
)
from spikecam.registration.refinement import refine_homography, split_half_error

GRAY = np.array([0.30, 0.59, 0.11], np.float32)


@pytest.fixture
def pair(data, placed, seen_through):
    """A gray picture, what a camera saw of it, and the homography."""
    path = sorted((data / "train_photos").glob("*.jpg"))[30]
    gray = np.asarray(Image.open(path).convert("RGB"), np.float32) @ GRAY / 255
    size = (gray.shape[0] // 3, gray.shape[1] // 3)
    matrix = placed(np.random.default_rng(5), size, gray.shape)
    return gray, seen_through(gray, matrix, size, 6).astype(np.float32), matrix


@pytest.mark.parametrize("guess", [similarity_from_features, search_similarity])
def test_a_guess_is_good_to_a_few_pixels_and_refined_to_a_tenth(pair, off_by, guess):
    gray, spikes, matrix = pair
    start = guess(spikes, gray)
    assert off_by(start, matrix, spikes.shape, gray.shape) < 4 * 3
    fit = refine_homography(spikes, gray, start)
    assert fit.converged
    assert off_by(fit.matrix, matrix, spikes.shape, gray.shape) < 0.1 * 3
    assert split_half_error(spikes, gray, fit.matrix) < 0.2 * 3


def test_no_features_no_guess(pair):
    gray, spikes, _ = pair
    assert similarity_from_features(spikes, np.full_like(gray, 0.5)) is None
    noise = np.random.default_rng(0).random(gray.shape).astype(np.float32)
    assert similarity_from_features(spikes, noise) is None


def test_correlations_are_those_of_the_shared_pixels():
    rng = np.random.default_rng(0)
    theirs = rng.normal(size=(40, 50)).astype(np.float32)
    ours = theirs[7:27, 11:41]
    masks = np.ones(ours.shape, bool), np.ones(theirs.shape, bool)
    scores = correlate_shifts(ours, masks[0], theirs, masks[1], 0.9)
    assert np.unravel_index(scores.argmax(), scores.shape) == (7, 11)
    assert scores[7, 11] == pytest.approx(1, abs=1e-4)
    assert scores[30, 30] == -1
    moved = correlate_shifts(ours, masks[0], np.roll(theirs, (-9, -13), (0, 1)), masks[1], 0.5)
    assert np.unravel_index(moved.argmax(), moved.shape) == (
        moved.shape[0] - 2,
        moved.shape[1] - 2,
    )
