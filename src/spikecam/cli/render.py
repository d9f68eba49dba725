"""``spikecam render``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from spikecam.cli.camera_options import (
    CAMERA_GROUP,
    GRAY_LEVELS,
    BackgroundOption,
    FovOption,
    UpOption,
    check_path_or_orbit,
)
from spikecam.cli.options import FRAMES_GROUP, OutOption, PictureOptions
from spikecam.cli.pictures import write_pictures
from spikecam.cli.values import Size
from spikecam.io.output import output_kind
from spikecam.requests.render import RenderRequest


def render(
    scene: Annotated[Path, Parameter(name="SCENE", help="Gaussians, in a .ply.")],
    /,
    *,
    out: OutOption,
    output: PictureOptions = PictureOptions(),
    path: Annotated[Path | None, Parameter(metavar="POSES", group=FRAMES_GROUP)] = None,
    orbit: Annotated[bool, Parameter(group=FRAMES_GROUP)] = False,
    at: Annotated[float | None, Parameter(metavar="TIME", group=FRAMES_GROUP)] = None,
    frames: Annotated[int | None, Parameter(metavar="N", group=FRAMES_GROUP)] = None,
    size: Annotated[Size | None, Parameter(group=CAMERA_GROUP)] = None,
    fov: FovOption = None,
    elevation: Annotated[float | None, Parameter(metavar="DEGREES", group=CAMERA_GROUP)] = None,
    up: UpOption = None,
    background: BackgroundOption = GRAY_LEVELS["black"],
    depth: bool = False,
) -> None:
    """Render a scene of Gaussians: a film along a path or around it, or one picture.

    With --depth the gray levels are distances from the plane of the camera: straight from white,
    which is nearest, to black. Which distances these are is printed, and black is also where there
    is nothing. --bits 16 keeps the most of them.

    Args:
        path: Follow these poses: a transforms.json of NeRF, a folder with a model of COLMAP, or a
            table of time x y z qw qx qy qz. Between poses with times the path is a smooth curve;
            of those without times each is a picture.
        orbit: Fly once around the scene.
        at: One picture: at a time of the path, of the pose of this number where it has no times,
            or after a share of the orbit, from 0 to 1; by default the middle.
        frames: How many pictures, spread evenly; 120 by default, or every pose without a time.
        size: Size of the pictures; by default that of the poses, or else 640x480.
        fov: Horizontal field of view, where the poses have none; 40 for an orbit by default.
        elevation: Height of the orbit above the horizon; 25 by default.
        up: Axis of the scene that is up in the orbit; z by default.
        background: What is behind the scene; black by default.
        depth: Write depth in place of the pictures.
    """
    check_path_or_orbit(path, orbit)
    request = RenderRequest(
        scene,
        path,
        at,
        frames,
        size,
        fov,
        elevation,
        up,
        background,
        depth,
    )
    prepared = request.check(output_kind(out))
    inputs = [scene] if path is None else [scene, path]
    opened = output.open_output(out, inputs, len(prepared.frames))
    write_pictures(prepared, opened, "Rendering")
