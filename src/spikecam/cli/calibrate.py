"""Calibrate a camera: its fixed pattern, where a second camera looks, or its tone curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

import spikecam as sc
from spikecam.cli.messages import report
from spikecam.cli.options import (
    OUTPUT_GROUP,
    MirrorOption,
    OverwriteOption,
    RecordingOptions,
    RecordingValue,
    SpikesArgument,
)
from spikecam.cli.progress import make_progress_tracker
from spikecam.cli.values import Numbers
from spikecam.frames import parse_span
from spikecam.io.remote_address import RecordingPath, RemoteAddress
from spikecam.show.curves import FORMATS as CURVES

# Steps of the values at which a curve is drawn.
PLOT_STEPS = 32

calibrate = App(name="calibrate", help=__doc__)


@calibrate.command
def fpn(
    fields: Annotated[list[RecordingValue], Parameter(name="DARK MIDDLE BRIGHT")],
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", metavar="OUT", group=OUTPUT_GROUP)],
    output: OverwriteOption = OverwriteOption(),
    lux: Annotated[Numbers | None, Parameter(metavar="L1,L2,L3")] = None,
    dead_frame: bool | None = None,
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Measure the fixed pattern of a camera from recordings of uniform fields.

    Args:
        fields: Recordings of an evenly lit surface, by brightness; or the bright one alone.
        out: The fixed pattern, an .npz.
        lux: Illuminance of each of three fields.
        dead_frame: Pixels of the camera collect no light in the frame of their reset; three fields
            show it by themselves, and one field is taken to be of such a camera.
    """
    output.check_output_file(out, (".npz",), "fixed patterns", fields)
    streams = [recording.open_recording(path) for path in fields]
    pattern = sc.calibrate_fpn(
        streams, lux, dead_frame=dead_frame, progress=make_progress_tracker("Reading")
    )
    pattern.save(out)
    height, width = pattern.shape
    report(
        f"{out}: {pattern.summary()}",
        {"file": out, "height": height, "width": width, "dead_frame": pattern.dead_frame},
    )


@calibrate.command
def align(
    picture: Annotated[Path, Parameter(name="RGB")],
    spikes: SpikesArgument,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", metavar="OUT", group=OUTPUT_GROUP)],
    output: OverwriteOption = OverwriteOption(),
    exposure: Annotated[str | None, Parameter(metavar="A:B")] = None,
    length: Annotated[int | None, Parameter(metavar="N")] = None,
    board: Annotated[str | None, Parameter(metavar="KIND:WxH")] = None,
    mirror: MirrorOption = False,
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Find where a second camera's picture lies in the view of the spike camera, and when.

    From what both see, or from a board. Keep both cameras as they are from then on, and give
    deblur the same --flip, --rotate, --crop and --mirror.

    Args:
        picture: A picture of the second camera.
        out: The alignment, a .json.
        exposure: Frames during which RGB was exposed.
        length: Or how many frames it was exposed, to be found by the motion.
        board: Both see a checkerboard:9x6 (inner corners) or charuco:11x8 (squares).
    """
    output.check_output_file(out, (".json",), "alignments", [picture, spikes])
    if length is not None and exposure is not None:
        raise sc.OptionError("--exposure says which frames and --length how many; give one")
    stream = recording.open_recording(spikes)
    second_view = sc.read_picture(picture, mirror=mirror)
    if length is not None:
        alignment = sc.align_in_time(second_view, stream, length, board=board)
    else:
        span = None if exposure is None else parse_span(exposure, len(stream), "--exposure")
        alignment = sc.align(second_view, stream, exposure=span, board=board)
        # Of this pair alone: what was not looked for says nothing about others.
        alignment = replace(alignment, exposure=None)
    alignment.save(out)
    error = "" if alignment.error is None else f", right to about {alignment.error:.2f} of them"
    when = "" if alignment.exposure is None else "; exposure {}:{}".format(*alignment.exposure)
    report(
        f"{out}: {alignment.magnification:.2f} pixels of the picture to one of the spikes{error}; "
        f"{alignment.coverage():.0%} of the spikes' view is in the picture{when}",
        {
            "file": out,
            "magnification": alignment.magnification,
            "error": alignment.error,
            "coverage": alignment.coverage(),
            "exposure": alignment.exposure,
        },
    )


@calibrate.command
def tone(
    files: Annotated[list[RecordingValue], Parameter(name="RGB SPIKES")],
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", metavar="OUT", group=OUTPUT_GROUP)],
    plot: Annotated[Path | None, Parameter(metavar="PICTURE", group=OUTPUT_GROUP)] = None,
    output: OverwriteOption = OverwriteOption(),
    exposure: Annotated[str | None, Parameter(metavar="A:B[,A:B...]")] = None,
    align: Annotated[Path | None, Parameter(metavar="ALIGN")] = None,
    check_match: Annotated[bool, Parameter(negative="--no-check-match")] = True,
    mirror: MirrorOption = False,
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Measure the tone curve of a camera's pictures, the encoding of values as light.

    From a picture and its spikes, of a scene with many brightnesses held still, or from several
    such pairs, each with an exposure time of its own. --encoding of deblur, generate, simulate and
    adapt takes the file while the camera keeps its settings.

    Args:
        files: A picture as the camera stores it and its recording; or several, pair by pair.
        out: The encoding, a .json.
        plot: Draw the curve beside sRGB and linear: .png, .svg or .pdf.
        exposure: Frames during which RGB was exposed; of several pairs, the same for all or one
            for each.
        align: Where the picture's camera looks, from spikecam calibrate align.
        check_match: Refuse a picture and spikes that do not show the same scene.
    """
    inputs = files if align is None else [*files, align]
    output.check_output_file(out, (".json",), "encodings", inputs)
    if plot is not None:
        output.check_output_file(plot, CURVES, "curves", inputs)
        sc.check_curves(plot)
    spans = split_exposures(exposure, files)
    pairs = []
    for picture, spikes, span in zip(files[::2], files[1::2], spans, strict=True):
        stream = recording.open_recording(spikes)
        frames = None if span is None else parse_span(span, len(stream), "--exposure")
        if isinstance(picture, RemoteAddress):
            raise sc.FileError(f"{picture} is far away, and pictures are not read from there")
        values = sc.read_picture(picture, mirror=mirror)
        pairs.append(sc.CalibrationPair(values, stream, frames, str(picture)))
    measurement = sc.calibrate_encoding_of_pairs(
        pairs,
        alignment=None if align is None else sc.Alignment.load(align),
        check_match=check_match,
    )
    measurement.encoding.save(out)
    if plot is not None:
        plot_encoding(plot, measurement.encoding)
    red, green, blue = measurement.encoding.colour_weights
    report(
        f"{out}: {measurement.summary()}; white fires at {measurement.white_rate:.3f} a frame, "
        f"black at {measurement.dark_rate:.3f}; {measurement.clipped:.1%} clipped; "
        f"the spikes weigh red {red:.2f}, green {green:.2f}, blue {blue:.2f}",
        {
            "file": out,
            "encoding": measurement.encoding.name,
            "gamma": measurement.gamma,
            "gamma_range": measurement.gamma_range,
            "explained": measurement.explained,
            "colour_weights": measurement.encoding.colour_weights,
            "white_rate": measurement.white_rate,
            "dark_rate": measurement.dark_rate,
            "clipped": measurement.clipped,
        },
    )


def split_exposures(exposure: str | None, files: Sequence[RecordingPath]) -> list[str | None]:
    """The exposure of each pair of files, as text.

    Raises:
        OptionError: a picture without its recording, or as many exposures as no pairs.
    """
    count, rest = divmod(len(files), 2)
    if rest or not count:
        raise sc.OptionError(
            f"a picture and its recording are given pair by pair, and there are {len(files)} files"
        )
    spans = [None] if exposure is None else exposure.split(",")
    if len(spans) not in (1, count):
        raise sc.OptionError(
            f"--exposure has {len(spans)} spans for {count} pairs; give one, or one for each"
        )
    return [*spans] * count if len(spans) == 1 else [*spans]


def plot_encoding(path: Path, encoding: sc.Encoding) -> None:
    """Draw the curve of an encoding beside sRGB and linear."""
    values = [step / PLOT_STEPS for step in range(PLOT_STEPS + 1)]
    curves = {
        name: sc.parse_encoding(curve).decode(values).tolist()
        for name, curve in (("measured", encoding), ("srgb", "srgb"), ("linear", "linear"))
    }
    sc.write_curves(path, values, {"light": curves}, x_label="stored value")
