"""Data sets of clear pictures with poses, as NeRF's synthetic scenes, and scenes fitted to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from spikecam.encoding import SRGB
from spikecam.errors import FileError
from spikecam.io.paths import PathLike
from spikecam.picture import Picture
from spikecam.views.camera import Camera
from spikecam.views.common_point import common_view_point
from spikecam.views.fitting import Fit, FitOptions
from spikecam.views.initial_gaussians import scene_gaussians
from spikecam.views.observations import observe_pictures
from spikecam.views.pose_checks import check_views
from spikecam.views.pose_files.nerf import read_transforms
from spikecam.views.posed_pictures import PosedPictures

# Harmonics show what shines; pictures have too little noise for them to fit it.
_DEGREE = 2


def read_posed_data_set(
    folder: PathLike, size: tuple[int, int] | None = None, *, background: float = 0.0
) -> tuple[PosedPictures, PosedPictures | None]:
    """Pictures of a data set, encoded in sRGB: those to fit, and those to judge by.

    Args:
        folder: with transforms_train.json, and with transforms_test.json where there are any.
        size: height and width to make the pictures smaller; by default their own.
        background: value in [0, 1] behind what is transparent.

    Raises:
        FileError: no such folder, or a bad file.
        GeometryError, OptionError, ResourceError: as `PosedPictures`; or poses from which no scene
            can be fitted.
    """
    train, test = (Path(folder) / f"transforms_{part}.json" for part in ("train", "test"))
    if not train.is_file():
        raise FileError(
            f"{folder} has no transforms_train.json; name a folder with one, as of NeRF's "
            "synthetic scenes"
        )
    parts = []
    for path in (train, test) if test.is_file() else (train,):
        parts.append(PosedPictures(read_transforms(path), SRGB, background, size))
    check_views(parts[0].poses.world_to_camera, str(train))
    return parts[0], parts[1] if len(parts) > 1 else None


def fit_to_pictures(
    light: Iterable[Picture], cameras: Sequence[Camera], options: FitOptions
) -> Fit:
    """A fit to clear pictures, at its first step; values of the scene are encoded in sRGB.

    Args:
        light: of the pictures, all (H, W) or all (H, W, 3).
        cameras: of the pictures.
        options: of the fit. It begins with two thirds of the Gaussians.
    """
    observations = observe_pictures(light, ((float(i),) for i in range(len(cameras))))
    gaussians, distance = scene_gaussians(
        cameras,
        common_view_point(np.stack([camera.world_to_camera for camera in cameras])),
        max(4, 2 * options.gaussians // 3),
        degree=_DEGREE,
        channels=len(observations[0].target),
        rng=np.random.default_rng(options.seed),
    )
    return Fit(observations, lambda i: cameras[int(i)], gaussians, SRGB, distance, options)
