"""How time grows with the frames, the pixels and the window, as plots and as powers.

A power of 1 means that twice as much takes twice as long, 0 that it takes no longer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import spikecam as sc
from spikecam.bench.speed_inputs import Sizes, make_inputs, scene
from spikecam.bench.timing import drain, each_in_turns, in_turns
from spikecam.bench.workloads import NETWORKS, Run, by_sdm
from spikecam.show.curves import check_curves, write_curves

Row = dict[str, Any]
Say = Callable[[str], None]
Curves = dict[str, list[float]]
FILES = ("growth_frames.png", "growth_pixels.png", "growth_window.png", "growth_picture.png")
# The plain way, beside ours in the plot of windows.
_PLAIN = "averaging each window"


@dataclass(frozen=True)
class Steps:
    """What is measured.

    Attributes:
        frames: lengths of recordings, of ``size``.
        size: height and width of recordings that grow in time.
        pixels: heights and widths of recordings of ``length`` frames.
        length: frames of recordings that grow in space, or are seen through windows.
        windows: odd numbers of frames, below ``length``.
        pictures: heights and widths of blurry pictures, multiples of 8.
        rounds: how often each is timed, at least.
        seconds: for how long that goes on for all steps of a method, where it is quick.
    """

    frames: Sequence[int] = (75, 150, 300, 600)
    size: tuple[int, int] = (250, 400)
    pixels: Sequence[tuple[int, int]] = ((60, 100), (125, 200), (250, 400), (500, 800))
    length: int = 301
    windows: Sequence[int] = (5, 11, 21, 41, 81, 161)
    pictures: Sequence[tuple[int, int]] = ((184, 320), (360, 640), (720, 1280))
    rounds: int = 5
    seconds: float = 3.0


FULL = Steps()
QUICK = Steps(
    frames=(60, 120, 240),
    size=(125, 200),
    pixels=((60, 100), (125, 200), (250, 400)),
    length=121,
    windows=(5, 21, 81),
    pictures=((96, 160), (184, 320), (360, 640)),
    rounds=2,
    seconds=1.0,
)


def check_growth(folder: Path) -> None:
    """Refuse, before any work, a folder that the plots cannot go to; errors of `check_curves`."""
    for name in FILES:
        check_curves(folder / name)


def grow(folder: Path, steps: Steps = FULL, *, say: Say = print) -> list[Row]:
    """Measure on the processor how time grows, and write a plot of each kind to ``folder``.

    Returns:
        One row a method and kind: ``what``, what its time grows ``with``, and to which ``power``,
        fitted over all steps.

    Raises:
        OutputError, SpikecamError: as `check_curves`.
    """
    check_growth(folder)
    plots = (
        (_over_frames(steps), "frames"),
        (_over_pixels(steps), "pixels"),
        (_over_windows(steps), "window"),
        (_over_pictures(steps), "picture's pixels"),
    )
    rows = []
    for name, ((x, panels), across) in zip(FILES, plots, strict=True):
        write_curves(folder / name, x, panels, x_label=across, logarithmic=True)
        for curves in panels.values():
            for what, times in curves.items():
                power = float(np.polyfit(np.log(x), np.log(times), 1)[0])
                rows.append({"what": what, "with": across, "power": power})
                say(f"{what:<24}grows with the power {power:.2f} of its {across}")
    return rows


Plot = tuple[list[float], dict[str, Curves]]


def _over_frames(steps: Steps) -> Plot:
    longest = scene(max(steps.frames), *steps.size)
    streams = [longest[:frames] for frames in steps.frames]
    title = f"ms for all pictures of {steps.size[1]}x{steps.size[0]}"
    return [float(n) for n in steps.frames], {title: _loops(streams, steps)}


def _over_pixels(steps: Steps) -> Plot:
    streams = [scene(steps.length, *size) for size in steps.pixels]
    title = f"ms for {steps.length} frames"
    return [float(h * w) for h, w in steps.pixels], {title: _loops(streams, steps)}


def _loops(streams: Sequence[sc.SpikeStream], steps: Steps) -> Curves:
    """Milliseconds of every loop over each recording."""

    loops: dict[str, Callable[[sc.SpikeStream], Any]] = {
        "decode": lambda stream: stream.read(),
        "TFP": partial(_tfp, window=9),
        "TFI": lambda stream: drain(sc.reconstruct_frames(stream, "tfi")),
        "TFSTP": lambda stream: drain(sc.reconstruct_frames(stream, "tfstp")),
        "simulate": _simulate,
    }
    # All sizes in turns: what disturbs the machine does not look like growth.
    return {
        name: _ms([partial(loop, stream) for stream in streams], steps)
        for name, loop in loops.items()
    }


def _tfp(stream: sc.SpikeStream, **options: Any) -> None:
    drain(sc.reconstruct_frames(stream, "tfp", **options))


def _simulate(stream: sc.SpikeStream) -> None:
    """As many frames of the same size, of gray."""
    frames, height, width = stream.shape
    sc.simulate([np.full((height, width), 90, np.uint8)] * frames)


def _drained(run: Callable[..., Iterable[Any]], *args: Any) -> None:
    drain(run(*args))


def _ms(runs: Sequence[Callable[[], Any]], steps: Steps) -> list[float]:
    return [1e3 * taken for taken in in_turns(runs, steps.rounds, steps.seconds)]


def _over_windows(steps: Steps) -> Plot:
    from spikecam.bench import reference_implementations

    stream = scene(steps.length, *steps.size)
    spikes = np.asarray(stream)
    # As many pictures by every window, so that the window alone makes the difference.
    half = max(steps.windows) // 2
    frames = range(half, len(stream) - half)
    ours, plain = [], []
    for window in steps.windows:
        part = spikes[half - window // 2 : len(spikes) - half + window // 2]
        ours.append(partial(_tfp, stream, frames=frames, window=window))
        plain.append(partial(_drained, reference_implementations.tfp, part, window))
    times = _ms([*ours, *plain], steps)
    curves = {"TFP": times[: len(ours)], _PLAIN: times[len(ours) :]}
    title = f"ms for {len(frames)} pictures of {steps.size[1]}x{steps.size[0]}"
    return [float(n) for n in steps.windows], {title: curves}


def _over_pictures(steps: Steps) -> Plot:
    methods: dict[str, Run] = {"SDM": by_sdm, **NETWORKS}
    curves: Curves = {}
    with ExitStack() as folders:
        made = []
        for size in steps.pictures:
            folder = Path(folders.enter_context(tempfile.TemporaryDirectory()))
            sizes = Sizes(recording=(1, 8, 8), video=(1, 8, 8), picture=size)
            made.append(make_inputs(folder, sizes))
        for name, run in methods.items():
            runs = [iter(run(inputs, "cpu")) for inputs in made]
            times = each_in_turns(runs, steps.rounds, steps.seconds)
            curves[name] = [1e3 * each for _, each in times]
    return [float(h * w) for h, w in steps.pictures], {"ms a picture": curves}
