"""Reads poses of any kind of file."""

from __future__ import annotations

from pathlib import Path

from spikecam.errors import FileError
from spikecam.io.paths import PathLike
from spikecam.views.pose_files.colmap import is_colmap_model, read_colmap_model
from spikecam.views.pose_files.nerf import read_transforms
from spikecam.views.pose_files.pose_file import PoseFile
from spikecam.views.pose_files.table import read_pose_table

_KINDS = (
    "a transforms.json of NeRF, a folder with a model of COLMAP, or a table (.csv, .txt) of "
    "time x y z qw qx qy qz"
)


def read_poses(path: PathLike) -> PoseFile:
    """Read poses: a transforms.json, a folder with a model of COLMAP, or a table (.csv, .txt).

    The kind is that of the path; see `read_transforms`, `read_colmap_model`, `read_pose_table`.

    Raises:
        FileError: missing, another kind, damaged, or poses that are not rigid.
    """
    path = Path(path)
    if path.is_dir():
        return read_colmap_model(path)
    suffix = path.suffix.lower()
    if suffix == ".json":
        return read_transforms(path)
    if path.name in ("cameras.txt", "images.txt", "points3D.txt") and is_colmap_model(path.parent):
        raise FileError(f"{path} is a part of a model of COLMAP; name its folder {path.parent}")
    if suffix in (".csv", ".txt"):
        return read_pose_table(path)
    raise FileError(f"{path} is no known file of poses; expected {_KINDS}")
