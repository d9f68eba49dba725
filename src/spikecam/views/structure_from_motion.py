"""Poses of a camera from its pictures, by structure from motion (COLMAP, Schönberger 2016).

Features are matched between every two pictures, or, where there are many, between neighbours in
time; then pictures are registered one by one, and all poses are adjusted together. A view that
leaves the path of its neighbours by far is left out. The pictures show no distances: the world has
its own unit of length. Its z axis is up in the mean picture.
"""

from __future__ import annotations

import importlib
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial.transform import Rotation

from spikecam.errors import GeometryError, OptionError
from spikecam.extras import require_packages
from spikecam.io.pictures import write_picture
from spikecam.picture import Picture
from spikecam.resources import usable_cores
from spikecam.views.camera import Intrinsics, Matrix
from spikecam.views.poses import camera_centres

if TYPE_CHECKING:
    import pycolmap

MIN_PICTURES = 3
# So many pictures are matched each with each, which closes loops; more with their neighbours.
_MAX_EXHAUSTIVE = 150
# A view that is off the line between its neighbours by more than so many steps of the camera, as
# in the median, has a wrong pose.
_MAX_DEVIATION = 2.0
# COLMAP's severity of fatal messages; those below it are hidden.
_FATAL = 3


@dataclass(frozen=True, eq=False)
class EstimatedPoses:
    """Poses of the pictures that could be registered.

    Attributes:
        world_to_camera: rigid transforms of points, OpenCV axes, (R, 4, 4); the unit of length is
            arbitrary.
        indices: of their pictures, rising, R.
        pictures: how many there were.
        intrinsics: of the camera, as given or estimated.
    """

    world_to_camera: Matrix
    indices: tuple[int, ...]
    pictures: int
    intrinsics: Intrinsics

    def __str__(self) -> str:
        return (
            f"{len(self.indices)} of {self.pictures} views registered; distances have no scale: "
            "the unit of length is arbitrary"
        )


def estimate_poses(
    pictures: Iterable[Picture], intrinsics: Intrinsics | None = None, *, seed: int = 0
) -> EstimatedPoses:
    """Estimate the poses of a camera that moves around a still scene.

    Args:
        pictures: in the order of time, (H, W) or (H, W, 3) in [0, 1], all of one size; neighbours
            a few degrees apart.
        intrinsics: of the camera; by default its focal length is estimated as well, and its
            principal point is the middle.
        seed: of everything random.

    Raises:
        SpikecamError: pycolmap is not installed.
        OptionError: fewer than `MIN_PICTURES` pictures.
        GeometryError: sizes differ, nothing can be registered, or there are several models with no
            view in common.
    """
    require_packages("pycolmap", extra="poses", purpose="poses from pictures")
    pycolmap = _import_pycolmap()
    with tempfile.TemporaryDirectory(prefix="spikecam-") as name, _silent(pycolmap):
        folder = Path(name)
        names, (height, width) = _write_pictures(folder / "pictures", pictures)
        if intrinsics is not None and (intrinsics.height, intrinsics.width) != (height, width):
            raise GeometryError(
                f"the pictures are {width}x{height} and the intrinsics are for "
                f"{intrinsics.width}x{intrinsics.height}; resize the intrinsics"
            )
        _match_features(folder, names, intrinsics)
        models = _register(folder, len(names), seed, is_calibrated=intrinsics is not None)
        return _best_poses(list(models.values()), names, (height, width))


def _import_pycolmap() -> Any:
    """Import pycolmap, which takes over SIGTERM, and give that signal back."""
    if threading.current_thread() is not threading.main_thread():
        return importlib.import_module("pycolmap")
    handler = signal.getsignal(signal.SIGTERM)
    try:
        return importlib.import_module("pycolmap")
    finally:
        signal.signal(signal.SIGTERM, handler)


@contextmanager
def _silent(pycolmap: Any) -> Iterator[None]:
    """COLMAP's messages hidden."""
    level = pycolmap.logging.minloglevel
    pycolmap.logging.minloglevel = _FATAL
    try:
        yield
    finally:
        pycolmap.logging.minloglevel = level


def _write_pictures(folder: Path, pictures: Iterable[Picture]) -> tuple[list[str], tuple[int, int]]:
    folder.mkdir()
    names: list[str] = []
    size: tuple[int, int] | None = None
    for i, picture in enumerate(pictures):
        height, width = picture.shape[:2]
        if size is not None and size != (height, width):
            raise GeometryError(
                f"picture {i} is {width}x{height} and those before it are {size[1]}x{size[0]}; "
                "give pictures of one camera and one size"
            )
        size = height, width
        names.append(f"{i:06d}.png")
        write_picture(folder / names[-1], picture)
    if size is None or len(names) < MIN_PICTURES:
        raise OptionError(
            f"poses need {MIN_PICTURES} pictures or more, not {len(names)}; give pictures a few "
            "degrees apart"
        )
    return names, size


def _match_features(folder: Path, names: list[str], intrinsics: Intrinsics | None) -> None:
    import pycolmap

    database, threads = folder / "database.db", usable_cores()
    camera = pycolmap.ImageReaderOptions()
    if intrinsics is None:
        camera.camera_model = "SIMPLE_PINHOLE"
    else:
        camera.camera_model = "PINHOLE"
        numbers = intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy
        camera.camera_params = ",".join(f"{number:.17g}" for number in numbers)
    extraction = pycolmap.FeatureExtractionOptions()
    extraction.num_threads = threads
    matching = pycolmap.FeatureMatchingOptions()
    matching.num_threads = threads
    pycolmap.extract_features(
        database,
        folder / "pictures",
        names,
        pycolmap.CameraMode.SINGLE,
        camera,
        extraction,
        pycolmap.Device.cpu,
    )
    is_short = len(names) <= _MAX_EXHAUSTIVE
    match = pycolmap.match_exhaustive if is_short else pycolmap.match_sequential
    match(database, matching, device=pycolmap.Device.cpu)


def _register(
    folder: Path, count: int, seed: int, *, is_calibrated: bool
) -> Mapping[int, pycolmap.Reconstruction]:
    import pycolmap

    options = pycolmap.IncrementalPipelineOptions()
    options.num_threads, options.random_seed = usable_cores(), seed
    options.extract_colors = False
    options.min_model_size = min(options.min_model_size, count)
    options.ba_refine_focal_length = not is_calibrated
    options.ba_refine_extra_params = False
    options.mapper.abs_pose_refine_focal_length = not is_calibrated
    models = pycolmap.incremental_mapping(
        folder / "database.db", folder / "pictures", folder / "models", options
    )
    return dict(models)


def _best_poses(
    models: list[pycolmap.Reconstruction], names: list[str], size: tuple[int, int]
) -> EstimatedPoses:
    if not models:
        raise GeometryError(
            f"none of {len(names)} pictures could be registered: too little is the same in them, "
            "or the camera only turns; take pictures closer together, with more to see"
        )
    poses = [_registered(model, names) for model in models]
    best = max(range(len(models)), key=lambda i: len(poses[i]))
    # A start that came to nothing leaves a small model of views that the best one has, too.
    apart = [len(one) for one in poses if not one.keys() <= poses[best].keys()]
    if apart:
        sizes = ", ".join(map(str, sorted(apart, reverse=True)))
        raise GeometryError(
            f"{len(names)} pictures fall into models that nothing ties together, of "
            f"{len(poses[best])} views and of {sizes}; take more pictures, closer together"
        )
    indices = sorted(poses[best])
    matrices = np.tile(np.eye(4), (len(indices), 1, 1))
    matrices[:, :3] = [poses[best][i] for i in indices]
    smooth = _views_on_path(np.array(indices, np.float64), camera_centres(matrices))
    indices, matrices = [indices[i] for i in smooth], matrices[smooth]
    height, width = size
    camera = next(iter(models[best].cameras.values()))
    intrinsics = Intrinsics(
        width,
        height,
        camera.focal_length_x,
        camera.focal_length_y,
        camera.principal_point_x,
        camera.principal_point_y,
    )
    return EstimatedPoses(_upright(matrices), tuple(indices), len(names), intrinsics)


def _views_on_path(times: Matrix, centres: Matrix) -> list[int]:
    """Views that are near the line between their neighbours; the worst of the others goes first."""
    views = list(range(len(times)))
    while len(views) > MIN_PICTURES:
        t, c = times[views], centres[views]
        share = (t[1:-1] - t[:-2]) / (t[2:] - t[:-2])
        line = c[:-2] + share[:, None] * (c[2:] - c[:-2])
        deviations = np.linalg.norm(c[1:-1] - line, axis=1)
        step = float(np.median(np.linalg.norm(np.diff(c, axis=0), axis=1)))
        worst = int(np.argmax(deviations))
        if deviations[worst] <= _MAX_DEVIATION * step:
            break
        del views[worst + 1]
    return views


def _registered(model: pycolmap.Reconstruction, names: list[str]) -> dict[int, Matrix]:
    """Poses (3, 4) of a model by the index of their picture."""
    numbers = {name: i for i, name in enumerate(names)}
    return {
        numbers[image.name]: image.cam_from_world().matrix()
        for image in model.images.values()
        if image.has_pose
    }


def _upright(world_to_camera: Matrix) -> Matrix:
    """Poses in a world whose z axis is up in the mean picture."""
    up = -world_to_camera[:, 1, :3].mean(0)
    turn, _ = Rotation.align_vectors(np.array([[0.0, 0.0, 1.0]]), up[None])
    turned = world_to_camera.copy()
    turned[:, :3, :3] = world_to_camera[:, :3, :3] @ turn.as_matrix().T
    return turned
