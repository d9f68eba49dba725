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
from spikecam.cli.method_options import MethodFlags, add_method_flags, make_method_parameter
from spikecam.cli.options import (
    OUTPUT_GROUP,
    DisplayOptions,
    PictureOptions,
    RecordingOptions,
    SpikesArgument,
)
from spikecam.cli.pictures import write_pictures
from spikecam.method import Takes, all_methods, find_method
from spikecam.reconstruction.reconstruct import DEFAULT_METHOD
from spikecam.requests.reconstruct import ReconstructRequest

METHODS = all_methods(Takes.SPIKES)
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
    method: Annotated[str, make_method_parameter(METHODS)] = DEFAULT_METHOD,
    options: MethodFlags = MethodFlags(),
    display: DisplayOptions = DisplayOptions(stretch=(1, 99)),
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Show one frame of a recording, its gray levels stretched.

    Args:
        out: Write the picture here, and open nothing.
        at: The frame, from 0; the middle one by default.
    """
    values = options.option_values(find_method(method, Takes.SPIKES), METHODS)
    request = ReconstructRequest(
        recording.recording_file(spikes), method, values, at, None, display.stretch, display.gamma
    )
    prepared = request.check()
    (frame,) = prepared.frames
    path = out or str(Path(tempfile.mkdtemp(prefix="spikecam-")) / f"{spikes.stem}-{frame:03d}.png")
    write_pictures(prepared, output.open_output(path, [spikes], 1), method.upper())
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
