"""``spikecam simulate``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

import spikecam as sc
from spikecam.cli.convert import RecordingOutOption
from spikecam.cli.messages import report
from spikecam.cli.options import (
    OUTPUT_GROUP,
    SENSOR_GROUP,
    FpnOption,
    OverwriteOption,
    PresetOption,
)
from spikecam.cli.progress import track_progress
from spikecam.cli.values import Size
from spikecam.data.pairs import PICTURE_SCALE
from spikecam.encoding import gray_light, quarter_gray_light
from spikecam.frames import parse_span
from spikecam.option_help import attribute_helps
from spikecam.resources import check_memory
from spikecam.scenes.motion import SCENE_EXPOSURE
from spikecam.sensor.sensor import resolve_sensor

if TYPE_CHECKING:
    import numpy.typing as npt

    from spikecam.stream import Span

# A photograph is not enlarged beyond this, nor a video's frame made into more.
LARGEST_ENLARGEMENT = 4
MOST_INTERPOLATED = 1000
# A frame and what is computed with it, bytes a pixel: three channels of float64, twice.
BYTES_PER_PIXEL = 48
# The option is one of data sets, too.
DEAD_FRAME_PARAMETER = Parameter(
    group=SENSOR_GROUP, help=attribute_helps(sc.SynthConfig)["dead_frame"]
)


def simulate(
    scene: Annotated[Path, Parameter(name="SCENE")],
    /,
    *,
    out: RecordingOutOption,
    blur: Annotated[Path | None, Parameter(metavar="PICTURE", group=OUTPUT_GROUP)] = None,
    output: OverwriteOption = OverwriteOption(),
    exposure: Annotated[str | None, Parameter(metavar="A:B")] = None,
    size: Size | None = None,
    full: bool = False,
    frames: Annotated[str | None, Parameter(metavar="A:B")] = None,
    interpolate: Annotated[int | None, Parameter(metavar="N")] = None,
    speed: Annotated[float | None, Parameter(metavar="PIXELS")] = None,
    still: Annotated[int | None, Parameter(metavar="N")] = None,
    encoding: Annotated[str, Parameter(metavar="CURVE")] = "srgb",
    preset: PresetOption = "s-sdm",
    threshold: Annotated[float | None, Parameter(metavar="V_TH", group=SENSOR_GROUP)] = None,
    dead_frame: Annotated[bool, DEAD_FRAME_PARAMETER] = False,
    fpn: FpnOption = None,
    rate: Annotated[float | None, Parameter(metavar="HZ", group=SENSOR_GROUP)] = None,
    seed: Annotated[int, Parameter(metavar="N", group=SENSOR_GROUP)] = 0,
) -> None:
    """Simulate a spike camera that records a scene, and the blurry picture of the same moment.

    Every frame of a video becomes --interpolate frames of spikes, in about a second at 1280x720.

    Over a photograph the camera moves for 137 frames, or stands --still.

    Args:
        scene: A video, a folder of its frames, or a photograph.
        blur: Write the blurry picture of the exposure here as well: .png, .jpg or .tiff.
        exposure: Frames of spikes that the blurry picture is the mean of; by default all but the
            first and last 20, which windows reach into, or all where there are fewer than 80.
        size: Size of the frames made of a photograph.
        full: Spikes as fine as the scene; by default a quarter as fine.
        frames: Only these frames of a video.
        interpolate: Frames made of each of a video's; 8 by default.
        speed: Pixels that a photograph moves in the exposure; 30 by default.
        still: The camera stands still before all of a photograph for this many frames.
        encoding: Of the scene's pictures and the blurry one: srgb, linear, gamma:2.2 or a file.
            The camera sees decoded light; linear is the protocol of the papers.
        threshold: Charge at which a pixel fires; white brings about 1 a frame.
        rate: Frames of spikes per second, as the recording will say.
        seed: Seed of phase, noise and motion.
    """
    inputs = [scene] if fpn is None else [scene, fpn]
    sc.check_recording_output(out, overwrite=output.overwrite, inputs=inputs)
    if blur is not None:
        if sc.open_output(blur, overwrite=output.overwrite, inputs=inputs).kind != "picture":
            raise sc.OutputError(f"{blur} does not end like a picture; name a .png, .jpg or .tiff")
        if blur.resolve() == out.resolve():
            raise sc.OutputError(f"{out} is named for both outputs; give each a name of its own")
    pattern = None if fpn is None else sc.FixedPattern.load(fpn)
    sensor = resolve_sensor(preset, dead_frame=dead_frame)
    _refuse_excessive_sizes(scene, size, interpolate, still, 1 if full else PICTURE_SCALE)
    video_frames = None if frames is None else parse_span(frames, sys.maxsize, "--frames")
    video, total = sc.scene_frames(
        scene,
        size=size,
        speed=speed,
        seed=seed,
        interpolate=interpolate,
        frames=video_frames,
        still=still,
    )
    if exposure is None:
        span = default_exposure(total)
    else:
        span = parse_span(exposure, total, "--exposure")
    curve = sc.parse_encoding(encoding)
    average = sc.FrameAverage(encoding=curve)

    def spike_camera_frames() -> Iterator[npt.NDArray[Any]]:
        for number, frame in enumerate(track_progress(video, total, "Simulating")):
            if not full:
                # A quarter takes multiples of 4.
                height, width = (side // 4 * 4 for side in frame.shape[:2])
                frame = frame[:height, :width]
            if span[0] <= number < span[1]:
                average.add(frame)
            yield gray_light(frame, curve) if full else quarter_gray_light(frame, curve)

    spikes = sc.simulate(
        spike_camera_frames(),
        sensor,
        threshold=threshold,
        seed=seed,
        fpn=pattern,
        rate=rate,
        exposure=span,
    )
    sc.save(out, spikes, overwrite=output.overwrite)
    lines = []
    if blur is not None:
        sc.write_picture(blur, average.mean_picture())
        lines.append(f"{blur}: frames {span[0]} to {span[1] - 1}")
    mean_rate = float(spikes.count().mean() / len(spikes))
    lines.append(
        f"{out}: {len(spikes)} frames of {spikes.width}x{spikes.height}, "
        f"{mean_rate:.3f} spikes a pixel and frame"
    )
    facts = {
        "file": out,
        "frames": len(spikes),
        "height": spikes.height,
        "width": spikes.width,
        "exposure": span,
        "mean_rate": mean_rate,
        "blur": blur,
    }
    report("\n".join(lines), facts)


def default_exposure(total: int) -> Span:
    """The exposure (start, stop) in a recording of so many frames.

    Methods take windows of frames, which reach beyond its ends.
    """
    margin = SCENE_EXPOSURE[0]
    return (margin, total - margin) if total >= 4 * margin else (0, total)


def _refuse_excessive_sizes(
    scene: Path,
    size: tuple[int, int] | None,
    interpolate: int | None,
    still: int | None,
    scale: int,
) -> None:
    """Refuse sizes and numbers of frames so large that they must be mistyped.

    ``scale`` is how many pixels of the scene a spike pixel spans, along a side.
    """
    if interpolate is not None and interpolate > MOST_INTERPOLATED:
        raise sc.OptionError(
            f"--interpolate is at most {MOST_INTERPOLATED} frames made of each, not {interpolate}"
        )
    if still is not None and sc.is_picture(scene):
        rows, columns = sc.read_picture(scene).shape[:2]
        # Eight spikes to a byte.
        packed_bytes = still * (rows // scale) * (columns // scale) // 8
        check_memory(packed_bytes, f"a recording of {still} frames", "choose fewer frames")
    if size is None or not sc.is_picture(scene):
        return
    height, width = size
    check_memory(
        height * width * BYTES_PER_PIXEL,
        f"making frames of {width}x{height}",
        "choose a smaller size",
    )
    photo = sc.read_picture(scene).shape
    if max(height / photo[0], width / photo[1]) > LARGEST_ENLARGEMENT:
        raise sc.OptionError(
            f"--size {width}x{height} is more than {LARGEST_ENLARGEMENT} times as large as {scene} "
            f"of {photo[1]}x{photo[0]}; choose a smaller one"
        )
