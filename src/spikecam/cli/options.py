"""Groups of options that commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

import spikecam as sc
from spikecam.cli.values import Bounds, Levels, Size, convert_recording_path
from spikecam.io.paths import check_output_file
from spikecam.io.remote_address import RecordingPath
from spikecam.orientation import Flip
from spikecam.show.colour_map_names import GRAY, ColourMap

if TYPE_CHECKING:
    from collections.abc import Sequence

LAST_PORT = 65535
GAMMA_BOUNDS = (0.05, 20)

METHOD_GROUP = Group.create_ordered("Method", sort_key=0)
FRAMES_GROUP = Group.create_ordered("Frames", sort_key=0)
OUTPUT_GROUP = Group.create_ordered("Output", sort_key=0)
RECORDING_GROUP = Group.create_ordered("Recording", sort_key=0)
DISPLAY_GROUP = Group.create_ordered("Display", sort_key=0)
SENSOR_GROUP = Group.create_ordered("Sensor", sort_key=0)
PAGE_GROUP = Group.create_ordered("Page", sort_key=0)


@Parameter(name="*", group=RECORDING_GROUP)
@dataclass(frozen=True)
class RecordingOptions:
    """Options for the geometry of a recording that does not say it itself, and its orientation.

    Attributes:
        size: Size of its frames.
        camera: Name of the camera, in place of the size.
        rate: Frames per second.
        truncate: Accept a .dat file that was cut short.
        flip: Flip the frames: vertical, where rows run the other way, horizontal, or both.
        rotate: Then rotate them clockwise, by degrees.
        crop: Then keep these rows and columns, counted from the top left.
    """

    size: Size | None = None
    camera: Annotated[str | None, Parameter(metavar="NAME")] = None
    rate: Annotated[float | None, Parameter(metavar="HZ")] = None
    truncate: bool = False
    flip: Flip | None = None
    rotate: Literal[90, 180, 270] | None = None
    crop: Annotated[str | None, Parameter(metavar="TOP:BOTTOM,LEFT:RIGHT")] = None

    @property
    def orientation(self) -> sc.Orientation:
        """How the frames are turned."""
        return sc.Orientation(self.flip, self.rotate or 0, self.crop)

    def open_recording(self, path: RecordingPath) -> sc.SpikeStream:
        """Open the recording at ``path``, turned."""
        return self.recording_file(path).open()

    def recording_file(self, path: RecordingPath) -> sc.RecordingFile:
        """The path, geometry and orientation of a recording that is not opened yet."""
        size = None if self.size is None else (self.size[1], self.size[0])
        return sc.RecordingFile(
            path,
            size,
            self.camera,
            self.rate,
            self.truncate,
            flip=self.flip,
            rotate=self.rotate or 0,
            crop=self.crop,
        )


@Parameter(name="*", group=OUTPUT_GROUP)
@dataclass(frozen=True)
class OverwriteOption:
    """Option for whether an existing output is replaced.

    Attributes:
        overwrite: Replace what exists, a folder of pictures too, or refuse every file that exists;
            by default files are replaced, and folders are not.
    """

    overwrite: Annotated[bool | None, Parameter(negative="--no-overwrite")] = None

    def check_output_file(
        self, path: Path, endings: Sequence[str], content: str, inputs: Sequence[RecordingPath] = ()
    ) -> None:
        """Refuse, before any work, an output file that cannot be written."""
        check_output_file(path, endings, content, overwrite=self.overwrite, inputs=inputs)


@Parameter(name="*", group=OUTPUT_GROUP)
@dataclass(frozen=True)
class PictureOptions(OverwriteOption):
    """Options for writing pictures: frame rate, bits and overwriting.

    Attributes:
        overwrite: Replace what exists, a folder of pictures too, or refuse every file that exists;
            by default files are replaced, and folders are not.
        fps: Frames per second of a video or a bag of ROS 2; 30 by default.
        bits: Bits a channel of pictures, 8 or 16; 8 by default.
    """

    fps: float | None = None
    bits: int | None = None

    def open_output(
        self,
        path: str,
        inputs: Sequence[RecordingPath],
        count: int | None = None,
        *,
        hdr: bool = False,
    ) -> sc.Output:
        """Check the output at ``path``, and open it.

        Raises:
            OutputError: a video of one frame, or as of `spikecam.open_output`.
        """
        output = sc.open_output(
            path,
            fps=self.fps,
            bits=self.bits,
            overwrite=self.overwrite,
            inputs=inputs,
            count=count,
            hdr=hdr,
        )
        if output.kind == "video" and count == 1:
            raise sc.OutputError(
                f"{path} is a video, and there is one frame to write; name a picture such as "
                f"{output.path.with_suffix('.png')}, or take a command and options that give "
                "several frames"
            )
        return output


@Parameter(name="*", group=DISPLAY_GROUP)
@dataclass(frozen=True)
class DisplayOptions:
    """Options for the display of gray levels, by stretch and gamma.

    Attributes:
        stretch: Percentiles of the gray levels that are shown as black and white.
        gamma: Gamma of the gray levels.
    """

    stretch: Bounds | None = None
    gamma: float = 1.0

    def __post_init__(self) -> None:
        lowest, highest = GAMMA_BOUNDS
        if not lowest <= self.gamma <= highest:
            raise sc.OptionError(
                f"--gamma is a positive gamma from {lowest:g} to {highest:g}, not {self.gamma:g}"
            )

    @property
    def changes_levels(self) -> bool:
        """Whether these options change gray levels at all."""
        return self.stretch is not None or self.gamma != 1


@Parameter(name="*", group=DISPLAY_GROUP)
@dataclass(frozen=True)
class RateDisplayOptions(DisplayOptions):
    """Options for the display of firing rates, by stretch or levels, and gamma.

    Attributes:
        stretch: Percentiles of the gray levels that are shown as black and white.
        gamma: Gamma of the gray levels.
        levels: Gray levels, 0 to 1, that are shown as black and white, in place of percentiles.
        colour_map: Colours that show gray levels.
    """

    levels: Levels | None = None
    colour_map: ColourMap = GRAY


@Parameter(name="*", group=PAGE_GROUP)
@dataclass(frozen=True)
class PageOptions:
    """Options of a served page: its address, port and browser.

    Attributes:
        host: Address to listen on; machines that reach it need the key.
        port: Port to listen on; 0 for one that is free.
        browser: Open the page in the browser.
    """

    host: str = "127.0.0.1"
    port: int = 0
    browser: Annotated[bool, Parameter(negative="--no-browser")] = True

    def __post_init__(self) -> None:
        if not 0 <= self.port <= LAST_PORT:
            raise sc.OptionError(f"--port is from 0 to {LAST_PORT}, not {self.port}")


# A recording on this machine, or the address of one.
RecordingValue = Annotated[
    RecordingPath,
    Parameter(converter=convert_recording_path, n_tokens=1, accepts_keys=False),
]
SpikesArgument = Annotated[
    RecordingValue,
    Parameter(name="SPIKES", help="A recording, or the address of one (s3://, gs://, https://)."),
]
AtOption = Annotated[
    int | None, Parameter(metavar="N", group=FRAMES_GROUP, help="One frame, from 0.")
]
FramesOption = Annotated[
    str | None,
    Parameter(
        metavar="N|A:B[:STEP]",
        group=FRAMES_GROUP,
        help="How many frames, spread evenly, or which.",
    ),
]
ExposureOption = Annotated[
    str | None,
    Parameter(metavar="A:B", group=FRAMES_GROUP, help="Frames during which BLUR was exposed."),
]
MirrorOption = Annotated[
    bool,
    Parameter(
        group=RECORDING_GROUP,
        help="The picture was seen in a beam splitter: swap its left and right. Results are "
        "oriented as the spikes are.",
    ),
]
OutOption = Annotated[
    str,
    Parameter(
        alias="-o",
        metavar="OUT",
        group=OUTPUT_GROUP,
        help="A picture (.png, .jpg, .tiff), a video (.mp4, .gif), an archive of PNG files (.zip), "
        "or a folder of PNG files.",
    ),
]
FpnOption = Annotated[
    Path | None,
    Parameter(
        metavar="FPN",
        group=SENSOR_GROUP,
        help="Fixed pattern of the camera, from spikecam calibrate fpn.",
    ),
]
PresetOption = Annotated[str, Parameter(metavar="NAME", group=SENSOR_GROUP)]
