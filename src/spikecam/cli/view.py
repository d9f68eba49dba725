"""``spikecam view``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from spikecam.cli.messages import say
from spikecam.cli.method_options import (
    AUTO_HELP,
    MethodFlags,
    add_method_flags,
    make_method_parameter,
    method_label,
    method_with_options,
)
from spikecam.cli.options import (
    OUTPUT_GROUP,
    DisplayOptions,
    PictureOptions,
    RecordingOptions,
    SpikesArgument,
)
from spikecam.cli.pictures import write_pictures
from spikecam.errors import OptionError
from spikecam.method import Takes, all_methods
from spikecam.reconstruction.reconstruct import DEFAULT_METHOD
from spikecam.requests.comparison import ComparisonRequest
from spikecam.requests.reconstruct import ReconstructRequest

METHODS = all_methods(Takes.SPIKES)
ALL_METHODS = "all"
HELP = {**AUTO_HELP, ALL_METHODS: "a sheet of the frame by every method that needs no more files"}
# A viewer that has not failed by then is taken to show the picture.
VIEWER_SECONDS = 3.0


@add_method_flags(METHODS)
def view(
    spikes: SpikesArgument,
    /,
    *,
    out: Annotated[str | None, Parameter(alias="-o", metavar="PICTURE", group=OUTPUT_GROUP)] = None,
    output: PictureOptions = PictureOptions(),
    at: Annotated[int | None, Parameter(metavar="N")] = None,
    method: Annotated[str, make_method_parameter(METHODS, HELP)] = DEFAULT_METHOD,
    options: MethodFlags = MethodFlags(),
    display: DisplayOptions = DisplayOptions(stretch=(1, 99)),
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Show one frame of a recording, its gray levels stretched.

    Args:
        out: Write the picture here, and open nothing.
        at: The frame, from 0; the middle one by default.
    """
    file = recording.recording_file(spikes)
    request: ReconstructRequest | ComparisonRequest
    if method == ALL_METHODS:
        values = options.flag_values
        fpn = values.pop("fpn", None)
        if values:
            raise OptionError(f"--{next(iter(values))} goes with one method, not with all")
        request = ComparisonRequest(file, at, display.stretch, display.gamma, fpn)
    else:
        values = options.option_values(method_with_options(method), METHODS)
        request = ReconstructRequest(file, method, values, at, None, display.stretch, display.gamma)
    prepared = request.check()
    (frame,) = prepared.frames
    path = out or str(Path(tempfile.mkdtemp(prefix="spikecam-")) / f"{spikes.stem}-{frame:03d}.png")
    write_pictures(prepared, output.open_output(path, [spikes], 1), method_label(method))
    if out is None and not show_picture(path):
        say("no program to show pictures was found; open the file by hand")


def show_picture(path: str) -> bool:
    """Open a picture in the viewer of the desktop.

    Returns whether there is one.
    """
    if sys.platform == "win32":
        os.startfile(path)
        return True
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        viewer = subprocess.Popen(
            [opener, path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return viewer.wait(VIEWER_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return True
    except OSError:
        return False
