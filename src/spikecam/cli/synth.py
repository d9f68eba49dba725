"""``spikecam synth``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import spikecam as sc
from spikecam.cli.config import ConfigOptions
from spikecam.cli.flags import ConfigFlags, add_config_flags
from spikecam.cli.interrupt import notifying_of_interruption
from spikecam.cli.messages import report
from spikecam.cli.options import OUTPUT_GROUP, FpnOption
from spikecam.cli.progress import track_progress
from spikecam.cli.simulate import BYTES_PER_PIXEL
from spikecam.resources import check_memory


@add_config_flags(sc.SynthConfig)
def synth(
    sources: Annotated[list[Path], Parameter(name="SOURCES")],
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", metavar="DATASET", group=OUTPUT_GROUP)],
    settings: ConfigFlags = ConfigFlags(),
    fpn: FpnOption = None,
    workers: Annotated[int | None, Parameter(metavar="N")] = None,
    config: ConfigOptions = ConfigOptions(),
) -> None:
    """Make a data set of blurry pictures, spikes and sharp pictures, in the layout of Spike-GOPRO.

    A run that was stopped goes on where it was when it is repeated.

    Args:
        sources: Photographs, videos, or folders of them.
        out: A folder, or one to go on with.
        workers: Scenes made at a time; by default as many as there are cores.
    """
    options = settings.apply(sc.SynthConfig())
    height, width = options.size
    check_memory(
        height * width * BYTES_PER_PIXEL,
        f"making frames of {width}x{height}",
        "choose a smaller size",
    )
    if any(out.exists() and out.resolve() in source.resolve().parents for source in sources):
        raise sc.OutputError(f"{out} holds the sources; name another folder for the data set")
    fixed_pattern = None if fpn is None else sc.FixedPattern.load(fpn)
    scenes = sc.Synthesis(sources, out, options, fpn=fixed_pattern, workers=workers)
    with notifying_of_interruption("repeat the command to go on with the scenes that are missing"):
        splits = Counter(scene.split for scene in track_progress(scenes, len(scenes), "Scenes"))
    parts = ", ".join(f"{splits[split]} {split}" for split in sorted(splits))
    apart = "; no photograph or video is in two splits" if len(splits) > 1 else ""
    report(
        f"{out}: {len(scenes)} scenes ({parts}){apart}",
        {"folder": out, "scenes": len(scenes), "splits": splits},
    )
