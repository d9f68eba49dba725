import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spikecam import rows
from spikecam.views import rendering
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.flight import Flight
from spikecam.views.gaussians import Gaussians
from spikecam.views.quad_scene import Quad, QuadScene
from spikecam.views.textures import poster

LENS = Intrinsics(48, 32, 40.0, 40.0, 24.0, 16.0)
WALL_DEPTH, CARD_DEPTH = 4.0, 2.0
# Pixels that the card moves in a frame.
SPEED = 0.03


@pytest.fixture(scope="session")
def small_scene():
    """A poster behind a smaller one, seen from the front."""
    rng = np.random.default_rng(0)

    def board(depth, half, words):
        corner = np.array([-half, -half, depth])
        edges = np.array([2 * half, 0, 0]), np.array([0, 2 * half, 0])
        return Quad(corner, *edges, poster(rng, words))

    return QuadScene([board(WALL_DEPTH, 6.0, "WALL"), board(CARD_DEPTH, 0.4, "CARD")])


def camera_sideways(time):
    """A camera that moves to the right; the card moves `SPEED` pixels a frame."""
    pose = np.eye(4)
    pose[0, 3] = -time * SPEED * CARD_DEPTH / LENS.fx
    return Camera(LENS, pose)


@pytest.fixture(scope="session")
def small_flight(small_scene):
    return Flight(small_scene.render, small_scene.depth, camera_sideways, 120)


@pytest.fixture(scope="session")
def scene_of():
    """Random Gaussians around the origin, in a ball of radius 1."""

    def make(count, *, channels=1, degree=0, size=0.08, seed=0):
        rng = np.random.default_rng(seed)
        means = rng.normal(size=(count, 3))
        means *= rng.uniform(0.2, 1, (count, 1)) / np.linalg.norm(means, axis=1, keepdims=True)
        parameters = (
            means,
            np.log(size) + 0.4 * rng.normal(size=(count, 3)),
            rng.normal(size=(count, 4)),
            rng.normal(size=count),
            0.3 * rng.normal(size=(count, (degree + 1) ** 2, channels)),
        )
        return Gaussians(*(np.ascontiguousarray(values, np.float32) for values in parameters))

    return make


@pytest.fixture(scope="session")
def turned_camera():
    """A camera that looks at the origin askew from 2.2 away, its principal point off the middle."""
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec([0.3, -0.4, 0.2]).as_matrix()
    pose[:3, 3] = 0.1, -0.2, 2.2
    return Camera(Intrinsics(53, 37, 60.0, 58.0, 25.0, 19.0), pose)


@pytest.fixture
def with_cores(monkeypatch):
    """Call a function as on a machine of so many cores."""

    def call(cores, function):
        for module in (rows, rendering):
            monkeypatch.setattr(module, "usable_cores", lambda: cores)
        rows._pool.cache_clear()
        return function()

    yield call
    rows._pool.cache_clear()
