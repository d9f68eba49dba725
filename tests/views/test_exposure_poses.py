import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.exposure_poses import exposure_corrections
from spikecam.views.observations import observe_pictures

EXPOSURES = [(10.0, 11.0, 12.0), (20.0, 21.0, 22.0), (22.0, 23.0, 24.0)]


def corrections_of(exposures, seed=0):
    observations = observe_pictures(np.zeros((len(exposures), 4, 4)), exposures)
    return exposure_corrections(observations, 2.0, np.random.default_rng(seed))


def test_knots_are_the_ends_of_the_exposures():
    corrections = corrections_of(EXPOSURES)
    assert corrections.knots.tolist() == [10, 12, 20, 22, 24]
    assert 0 < np.abs(corrections.twists).max() < 0.01
    np.testing.assert_allclose(corrections.twists.mean(axis=0), 0, atol=1e-8)
    np.testing.assert_array_equal(corrections.twists, corrections_of(EXPOSURES).twists)
    assert (corrections.twists != corrections_of(EXPOSURES, seed=1).twists).all()


@pytest.mark.parametrize("index", [0, 1])
def test_each_exposure_moves_on_a_line_between_poses_of_its_own(index):
    corrections = corrections_of(EXPOSURES[:2])
    corrections.twists[:] = np.random.default_rng(0).normal(size=(4, 6)) * 0.01
    still = Camera(Intrinsics(4, 4, 4.0, 4.0, 2.0, 2.0), np.eye(4))
    pose = corrections.correct(still, EXPOSURES[index][1]).world_to_camera
    middle = corrections.twists[2 * index : 2 * index + 2].mean(axis=0)
    np.testing.assert_allclose(pose[:3, 3], 2 * middle[:3], atol=1e-8)
    rotation = Rotation.from_matrix(pose[:3, :3]).as_rotvec()
    np.testing.assert_allclose(rotation, middle[3:], atol=1e-8)
