"""Options that commands share: how they are written, and what they mean."""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import typer

import spikecam as sc

SpikesArgument = Annotated[
    Path,
    typer.Argument(metavar="SPIKES", help="A recording: .dat, .npz or .h5.", show_default=False),
]
SizeOption = Annotated[
    str | None, typer.Option("--size", metavar="WIDTHxHEIGHT", help="Size of its frames.")
]
CameraOption = Annotated[
    str | None, typer.Option("--camera", metavar="NAME", help="Or a camera: gen2, m1k40, ...")
]
RateOption = Annotated[
    float | None, typer.Option("--rate", metavar="HZ", help="Frames per second of the recording.")
]
TruncateOption = Annotated[
    bool, typer.Option("--truncate", help="Accept a .dat that ends within a frame.")
]
OutOption = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help=".png: one frame; .mp4 or .gif: a video; anything else: a folder of PNG files.",
        show_default=False,
    ),
]
AtOption = Annotated[int | None, typer.Option("--at", metavar="N", help="One frame, from 0.")]
MethodOption = Annotated[str, typer.Option("--method", help="tfp, tfi, tfstp or defocus.")]
WindowOption = Annotated[
    int | None,
    typer.Option("--window", metavar="N", help="Odd number of frames (tfp 41, defocus 101)."),
]
FpsOption = Annotated[float, typer.Option("--fps", help="Frames per second of a video.")]
BitsOption = Annotated[int, typer.Option("--bits", help="Bits a channel of pictures: 8 or 16.")]
StretchOption = Annotated[
    str | None,
    typer.Option(
        "--stretch", metavar="LOW:HIGH", help="Show these percentiles as black and white."
    ),
]
FpnOption = Annotated[
    Path | None,
    typer.Option("--fpn", metavar="FPN", help="Fixed pattern, from spikecam calibrate fpn."),
]
TileOption = Annotated[
    int | None,
    typer.Option(
        "--tile", help="Compute parts of this many pixels, to save memory (1536; defocus 1024)."
    ),
]
DeviceOption = Annotated[
    str | None, typer.Option("--device", help="Where the network runs: auto, cpu or cuda.")
]
PresetOption = Annotated[
    str, typer.Option("--preset", help="The sensor: ideal, s-sdm, gen2 or spikegen.")
]
LinearOption = Annotated[
    bool, typer.Option("--linear", help="Blurry pictures are means of light, not of gray levels.")
]
InterpolateOption = Annotated[
    int, typer.Option("--interpolate", metavar="N", help="Frames made of each of a video's.")
]
GammaOption = Annotated[float, typer.Option("--gamma", help="Gamma of what is shown.")]


def open_recording(
    spikes: Path,
    size: str | None,
    camera: str | None,
    truncate: bool,
    rate: float | None = None,
) -> sc.SpikeStream:
    """`spikecam.open` with the options of the command line."""
    shape = None
    if size is not None:
        width, height = parse_size(size, "--size")
        shape = (height, width)
    return sc.open(spikes, camera, shape=shape, rate=rate, truncate=truncate)


def read_fpn(path: Path | None) -> sc.FixedPattern | None:
    """The fixed pattern in a file, if there is one."""
    return None if path is None else sc.FixedPattern.load(path)


def parse_size(text: str, option: str) -> tuple[int, int]:
    """WIDTHxHEIGHT as (width, height)."""
    parts = text.lower().split("x")
    numbers = _whole_numbers(parts if len(parts) == 2 else [], option, text, "WIDTHxHEIGHT")
    return numbers[0], numbers[1]


def parse_numbers(text: str, option: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise sc.OptionError(f"{option} {text}: expected numbers such as 1,2,4") from None


def parse_bounds(text: str, option: str) -> tuple[float, float]:
    """LOW:HIGH as two numbers."""
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        raise sc.OptionError(f"{option} {text}: expected LOW:HIGH, such as 1:99") from None
    return low, high


def parse_whole_bounds(text: str, option: str) -> tuple[int, int]:
    """LOW:HIGH as two whole numbers."""
    parts = text.split(":")
    numbers = _whole_numbers(parts if len(parts) == 2 else [], option, text, "LOW:HIGH")
    return numbers[0], numbers[1]


def parse_span(text: str, option: str, length: int) -> tuple[int, int]:
    """START:STOP as frames (start, stop); either may be left out."""
    frames = parse_frames(text, option, length)
    if frames.step != 1:
        raise sc.OptionError(f"{option} {text}: expected START:STOP, such as 20:117")
    return frames.start, frames.stop


def parse_frames(text: str, option: str, length: int) -> range:
    """START:STOP[:STEP] as a range; start and stop may be left out."""
    defaults = ("0", str(length), "1")
    parts = [part or default for part, default in zip_longest(text.split(":"), defaults)]
    if ":" not in text or len(parts) > 3:
        parts = []
    numbers = _whole_numbers(parts, option, text, "START:STOP[:STEP]")
    if 0 in numbers[2:]:
        raise sc.OptionError(f"{option} {text}: the step is at least 1")
    frames = range(*numbers)
    if not frames:
        raise sc.OptionError(f"{option} {text}: no frames; give a start below its stop")
    if frames.stop > length:
        raise sc.RangeError(f"{option} {text} leaves the recording, whose frames are 0:{length}")
    return frames


def refuse_both(at: int | None, frames: str | None) -> None:
    """Refuse --at and --frames together."""
    if at is not None and frames is not None:
        raise sc.OptionError("--at names one frame and --frames several; give one of the two")


def parse_count(text: str) -> int:
    """A number of frames."""
    return _whole_numbers([text], "--frames", text, "a number, or START:STOP[:STEP],")[0]


def method_options(method: str, window: int | None, **network: Any) -> dict[str, Any]:
    """Options of a reconstruction, as the library takes them; others are of a network."""
    if window is not None and method in ("tfi", "tfstp"):
        raise sc.OptionError(f"--window goes with --method tfp and defocus; {method} has no window")
    given = {name: value for name, value in network.items() if value is not None}
    if given and method in ("tfp", "tfi", "tfstp"):
        name = next(iter(given))
        raise sc.OptionError(f"--{name} goes with --method defocus; {method} has no network")
    return given if window is None else {"window": window} | given


def _whole_numbers(parts: list[str], option: str, text: str, form: str) -> list[int]:
    if not parts or not all(re.fullmatch("[0-9]{1,15}", part) for part in parts):
        raise sc.OptionError(f"{option} {text}: expected {form} in whole numbers from 0")
    return [int(part) for part in parts]
