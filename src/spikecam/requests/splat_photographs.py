"""Photographs of a flight: their exposures among the frames of its recording."""

from __future__ import annotations

import numpy as np

from spikecam.encoding import parse_encoding
from spikecam.errors import FileError, OptionError, RangeError
from spikecam.requests.splat_options import SplatOptions
from spikecam.stream import Span
from spikecam.views.pose_files.pose_file import PoseFile
from spikecam.views.posed_pictures import PosedPictures

# Frame i shows the light of time i, so that a recording begins half a frame before 0.
_HALF_FRAME = 0.5


def photographs_in_span(
    poses: PoseFile, span: Span, frame_count: int, options: SplatOptions
) -> tuple[PosedPictures, list[Span]]:
    """Photographs that were exposed within the frames that are used.

    Args:
        poses: of the photographs, with the times of the middles of their exposures.
        span: frames (start, stop) that are used.
        frame_count: frames of the recording.
        options: of the fit; its exposure, or else that of the file, is that of every photograph.

    Returns:
        the photographs, and the frames (start, stop) of each.

    Raises:
        FileError: no times, no pictures, or some that cannot be read.
        OptionError: the exposure is not known, or not that of the file.
        RangeError: a photograph leaves the recording, or none is within the span.
        GeometryError, ResourceError: as `PosedPictures`.
    """
    if poses.times is None:
        raise FileError(
            f"{poses.path} has no times of photographs; write the middle of each exposure as "
            '"time" into its frame, in frames of the recording'
        )
    poses.named_pictures()
    exposure = _exposure_of(poses, options)
    starts = np.rint(poses.times + _HALF_FRAME - exposure / 2).astype(int)
    outside = (starts < 0) | (starts > frame_count - exposure)
    if outside.any():
        raise RangeError(
            f"{poses.path}: the photograph of time {poses.times[np.argmax(outside)]:g}, with an "
            f"exposure of {exposure} frames, leaves the recording of {frame_count}; give the "
            "middles of exposures in frames, and their length by --exposure"
        )
    inside = np.flatnonzero((starts >= span[0]) & (starts + exposure <= span[1]))
    if not inside.size:
        raise RangeError(
            f"{poses.path}: no photograph with an exposure of {exposure} frames is within the "
            f"frames {span[0]}:{span[1]} that are used; choose more frames, or leave out the "
            "photographs"
        )
    exposures = [(int(start), int(start) + exposure) for start in starts[inside]]
    return open_pictures(poses.part(inside), options), exposures


def open_pictures(poses: PoseFile, options: SplatOptions) -> PosedPictures:
    """Pictures that a file of poses names; errors are those of `PosedPictures`."""
    return PosedPictures(poses, parse_encoding(options.encoding), options.fit.background)


def _exposure_of(poses: PoseFile, options: SplatOptions) -> int:
    exposure = poses.exposure or options.exposure
    if exposure is None:
        raise OptionError(
            f"{poses.path} does not say how long its photographs were exposed; give the frames of "
            'an exposure by --exposure (in Python exposure=), or write "exposure" into the file'
        )
    if options.exposure not in (None, exposure):
        raise OptionError(
            f"{poses.path} has an exposure of {exposure} frames, not {options.exposure}; leave out "
            "--exposure"
        )
    return exposure
