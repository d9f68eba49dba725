"""``spikecam score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import spikecam as sc
from spikecam.cli.output import refuse_input
from spikecam.cli.progress import track
from spikecam.show.table import cell


def score(
    result: Annotated[
        str,
        typer.Argument(
            metavar="RESULT",
            help="A picture, a video, a folder of pictures, or a pattern: 'sharp_*.png'.",
            show_default=False,
        ),
    ],
    truth: Annotated[
        str | None,
        typer.Argument(metavar="[TRUTH]", help="The same of what it should be."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            help="psnr, ssim, ssim_s_sdm, ms_ssim, lpips; without TRUTH niqe, brisque, liqe. "
            "May be given again.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help="Every frame: .csv, .json or .md."),
    ] = None,
    curves: Annotated[
        Path | None, typer.Option("--curves", metavar="PICTURE", help="Curves: .png, .svg, .pdf.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score pictures, beside the truth or alone: PSNR, SSIM, MS-SSIM, LPIPS, NIQE and others."""
    names = sc.check_metrics(metric, truth is not None)
    inputs = [Path(name) for name in (result, truth) if name is not None]
    if out is not None:
        refuse_input(out, inputs)
        sc.check_table(out)
    if curves is not None:
        refuse_input(curves, inputs)
        folders = [path if path.is_dir() else path.parent for path in inputs if not path.is_file()]
        if any(curves.parent.resolve() == folder.resolve() for folder in folders):
            raise sc.OutputError(
                f"{curves} would lie among the pictures that are scored; name another folder"
            )
        sc.check_curves(curves)
    scored = dict(track(sc.frame_scores(result, truth, names), None, "Scoring"))
    means = sc.mean_scores(list(scored.values()))
    rows = [{"frame": frame, **values} for frame, values in scored.items()]
    if out is not None:
        sc.write_table(out, [*rows, {"frame": "mean", **means}])
    if curves is not None:
        panels = {sc.METRICS[n].heading: {n: [row[n] for row in scored.values()]} for n in names}
        sc.write_curves(curves, list(scored), panels, across="frame")
    if as_json:
        said = {"result": result, "truth": truth, "frames": len(rows), "mean": means}
        print(sc.format_json(said), end="")
        return
    beside = "" if truth is None else f" beside {truth}"
    print(f"{result}{beside}: {'1 frame' if len(rows) == 1 else f'{len(rows)} frames'}")
    for name, mean in means.items():
        held = [row[name] for row in scored.values()]
        spread = f"   {cell(min(held))} to {cell(max(held))}" if len(held) > 1 else ""
        print(f"  {sc.METRICS[name].heading:<18} {cell(mean)}{spread}")
