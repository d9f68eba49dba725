"""``spikecam score``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import spikecam as sc
from spikecam.cli.messages import report
from spikecam.cli.options import OUTPUT_GROUP, OverwriteOption
from spikecam.cli.progress import track_progress
from spikecam.metrics.picture_pairs import count_pictures
from spikecam.show.curves import FORMATS as CURVES
from spikecam.show.table import FORMATS as TABLES


def score(
    result: Annotated[str, Parameter(name="RESULT")],
    truth: Annotated[str | None, Parameter(name="TRUTH")] = None,
    /,
    *,
    metric: Annotated[list[str] | None, Parameter(metavar="NAME")] = None,
    encoding: Annotated[str | None, Parameter(metavar="CURVE")] = None,
    lpips: Annotated[list[Path] | None, Parameter(metavar="FILE")] = None,
    out: Annotated[Path | None, Parameter(alias="-o", metavar="TABLE", group=OUTPUT_GROUP)] = None,
    curves: Annotated[Path | None, Parameter(metavar="PICTURE", group=OUTPUT_GROUP)] = None,
    output: OverwriteOption = OverwriteOption(),
) -> None:
    """Score pictures, beside the truth or alone: PSNR, SSIM, MS-SSIM, LPIPS, NIQE and others.

    Args:
        result: A picture, a video, a folder of pictures, or a pattern such as 'sharp_*.png'.
        truth: The same of what it should be.
        metric: A metric; may be given again. Beside the truth psnr and ssim by default, and there
            are ssim_s_sdm, ms_ssim, colour_error and lpips; alone niqe and brisque, and there is
            liqe.
        encoding: Score linear light: decode both by srgb, gamma:2.2 or a file of calibrate tone.
        lpips: A file of LPIPS's weights (VGG), or each of two; without one pyiqa downloads them.
        out: Write the scores of every frame: .csv, .json or .md.
        curves: Draw the scores of every frame: .png, .svg or .pdf.
    """
    names = sc.check_metrics(metric, truth is not None)
    inputs = [Path(name) for name in (result, truth) if name is not None]
    if out is not None:
        output.check_output_file(out, TABLES, "tables", inputs)
    if curves is not None:
        folders = [path if path.is_dir() else path.parent for path in inputs if not path.is_file()]
        if any(curves.parent.resolve() == folder.resolve() for folder in folders):
            raise sc.OutputError(
                f"{curves} would lie among the pictures that are scored; name another folder"
            )
        output.check_output_file(curves, CURVES, "curves", inputs)
        sc.check_curves(curves)
    count = count_pictures(result)
    scored = sc.frame_scores(result, truth, names, encoding=encoding, lpips_weights=lpips or ())
    scores = dict(track_progress(scored, count, "Scoring"))
    means = sc.mean_scores(list(scores.values()))
    rows = [{"frame": frame, **values} for frame, values in scores.items()]
    if out is not None:
        sc.write_table(out, [*rows, {"frame": "mean", **means}])
    if curves is not None:
        panels = {sc.METRICS[n].heading: {n: [row[n] for row in scores.values()]} for n in names}
        sc.write_curves(curves, list(scores), panels, x_label="frame")
    beside = "" if truth is None else f" beside {truth}"
    lines = [f"{result}{beside}: {'1 frame' if len(rows) == 1 else f'{len(rows)} frames'}"]
    for name, mean in means.items():
        values = [row[name] for row in scores.values()]
        heading = sc.METRICS[name].heading
        lines.append(f"  {heading:<18} {format_mean_and_range(mean, min(values), max(values))}")
    report("\n".join(lines), {"result": result, "truth": truth, "frames": len(rows), "mean": means})


def format_mean_and_range(mean: float, lowest: float, highest: float) -> str:
    """Format a mean, and the lowest and highest value where they differ."""
    finite = [abs(value) for value in (mean, lowest, highest) if math.isfinite(value)]
    decimals = 2 if max(finite, default=0) > 1 else 4
    span = "" if lowest == highest else f"   {lowest:.{decimals}f} to {highest:.{decimals}f}"
    return f"{mean:.{decimals}f}{span}"
