"""Plots of values as curves, by matplotlib."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

from spikecam.errors import OptionError
from spikecam.extras import require_packages
from spikecam.io.atomic import atomic_path, check_writable_file

# Formats by the ending of the name.
FORMATS = (".png", ".svg", ".pdf")


def check_curves(path: str | os.PathLike[str]) -> None:
    """Check that `write_curves` can write a plot to this path.

    Raises:
        OptionError: an ending that is not written.
        OutputError: a place that cannot be written.
        SpikecamError: matplotlib is not installed.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise OptionError(f"{path}: curves are drawn as {', '.join(FORMATS)}")
    check_writable_file(path)
    require_packages("matplotlib", extra="bench", purpose="curves")


def write_curves(
    path: str | os.PathLike[str],
    x: Sequence[float] | Sequence[str],
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    x_label: str,
    logarithmic: bool = False,
) -> None:
    """Plot curves to a file, one panel under another.

    Args:
        path: .png, .svg or .pdf.
        x: positions of the values.
        panels: by the label of its axis, the curves of each panel by their names.
        x_label: label of the axis along x.
        logarithmic: both axes, where powers become straight lines.

    Errors as `check_curves`.
    """
    check_curves(path)
    content = encode_curves(
        x, panels, x_label=x_label, logarithmic=logarithmic, image_format=Path(path).suffix[1:]
    )
    with atomic_path(Path(path)) as temporary:
        temporary.write_bytes(content)


def encode_curves(
    x: Sequence[float] | Sequence[str],
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    x_label: str,
    logarithmic: bool = False,
    image_format: str = "png",
) -> bytes:
    """Plot curves to the bytes of a "png", "svg" or "pdf" file; see `write_curves`."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 1 + 2.2 * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), squeeze=False, sharex=True)[:, 0]
    for axis, (label, lines) in zip(axes, panels.items(), strict=True):
        for name, values in lines.items():
            axis.plot(x, values, marker="o", markersize=3, linewidth=1, label=name)
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
        if logarithmic:
            axis.set_xscale("log")
            axis.set_yscale("log")
        elif len(x) > 20:
            are_whole = all(isinstance(value, str) or float(value).is_integer() for value in x)
            axis.xaxis.set_major_locator(MaxNLocator(12, integer=are_whole))
        if len(lines) > 1:
            axis.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    axes[-1].set_xlabel(x_label)
    buffer = BytesIO()
    figure.savefig(buffer, format=image_format, dpi=120)
    return buffer.getvalue()
