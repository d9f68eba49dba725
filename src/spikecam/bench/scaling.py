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
from spikecam.bench.speed_inputs import SpeedSizes, simulate_moving_pattern, write_inputs
from spikecam.bench.timing import consume, first_and_median_item_seconds, median_seconds_in_turns
from spikecam.bench.workloads import NETWORKS, Run, iter_sdm
from spikecam.show.curves import check_curves, write_curves

Row = dict[str, Any]
Say = Callable[[str], None]
Curves = dict[str, list[float]]
FILES = ("growth_frames.png", "growth_pixels.png", "growth_window.png", "growth_picture.png")
# The plain way, beside ours in the plot of windows.
_PLAIN = "averaging each window"


@dataclass(frozen=True)
class GrowthSizes:
    """Sizes of the recordings and pictures over which growth of time is measured.

    Attributes:
        frames: lengths of recordings, of ``recording_size``.
        recording_size: height and width of recordings that grow in time.
        pixels: heights and widths of recordings of ``recording_frames`` frames.
        recording_frames: frames of recordings that grow in space, or are seen through windows.
        windows: odd numbers of frames, below ``recording_frames``.
        pictures: heights and widths of blurry pictures, multiples of 8.
        min_rounds: how often each is timed, at least.
        min_seconds: for how long that goes on for all steps of a method, where it is quick.
    """

    frames: Sequence[int] = (75, 150, 300, 600)
    recording_size: tuple[int, int] = (250, 400)
    pixels: Sequence[tuple[int, int]] = ((60, 100), (125, 200), (250, 400), (500, 800))
    recording_frames: int = 301
    windows: Sequence[int] = (5, 11, 21, 41, 81, 161)
    pictures: Sequence[tuple[int, int]] = ((184, 320), (360, 640), (720, 1280))
    min_rounds: int = 5
    min_seconds: float = 3.0


FULL = GrowthSizes()
QUICK = GrowthSizes(
    frames=(60, 120, 240),
    recording_size=(125, 200),
    pixels=((60, 100), (125, 200), (250, 400)),
    recording_frames=121,
    windows=(5, 21, 81),
    pictures=((96, 160), (184, 320), (360, 640)),
    min_rounds=2,
    min_seconds=1.0,
)


def check_plot_folder(plot_folder: Path) -> None:
    """Refuse a folder to which the plots cannot be written.

    Errors are those of `check_curves`.
    """
    for name in FILES:
        check_curves(plot_folder / name)


def measure_growth(plot_folder: Path, sizes: GrowthSizes = FULL, *, say: Say = print) -> list[Row]:
    """Measure how time grows with size, and write a plot of each kind to a folder.

    Returns:
        One row a method and kind: ``what``, what its time grows ``with``, and to which ``power``,
        fitted over all steps.

    Raises:
        OutputError, SpikecamError: as `check_curves`.
    """
    check_plot_folder(plot_folder)
    plots = (
        (_over_frames(sizes), "frames"),
        (_over_pixels(sizes), "pixels"),
        (_over_windows(sizes), "window"),
        (_over_pictures(sizes), "picture's pixels"),
    )
    rows = []
    for name, ((x, panels), across) in zip(FILES, plots, strict=True):
        write_curves(plot_folder / name, x, panels, x_label=across, logarithmic=True)
        for curves in panels.values():
            for what, times in curves.items():
                power = float(np.polyfit(np.log(x), np.log(times), 1)[0])
                rows.append({"what": what, "with": across, "power": power})
                say(f"{what:<24}grows with the power {power:.2f} of its {across}")
    return rows


Plot = tuple[list[float], dict[str, Curves]]


def _over_frames(sizes: GrowthSizes) -> Plot:
    longest = simulate_moving_pattern(max(sizes.frames), *sizes.recording_size)
    streams = [longest[:frames] for frames in sizes.frames]
    title = f"ms for all pictures of {sizes.recording_size[1]}x{sizes.recording_size[0]}"
    return [float(n) for n in sizes.frames], {title: _loop_times(streams, sizes)}


def _over_pixels(sizes: GrowthSizes) -> Plot:
    streams = [simulate_moving_pattern(sizes.recording_frames, *size) for size in sizes.pixels]
    title = f"ms for {sizes.recording_frames} frames"
    return [float(h * w) for h, w in sizes.pixels], {title: _loop_times(streams, sizes)}


def _loop_times(streams: Sequence[sc.SpikeStream], sizes: GrowthSizes) -> Curves:
    """Milliseconds that each compiled loop takes on each recording, by its name."""

    loops: dict[str, Callable[[sc.SpikeStream], Any]] = {
        "decode": lambda stream: stream.read(),
        "TFP": partial(_tfp, window=9),
        "TFI": lambda stream: consume(sc.reconstruct_frames(stream, "tfi")),
        "TFSTP": lambda stream: consume(sc.reconstruct_frames(stream, "tfstp")),
        "simulate": _simulate_gray_scene_like,
    }
    # All sizes in turns: what disturbs the machine does not look like growth.
    return {
        name: _ms([partial(loop, stream) for stream in streams], sizes)
        for name, loop in loops.items()
    }


def _tfp(stream: sc.SpikeStream, **options: Any) -> None:
    consume(sc.reconstruct_frames(stream, "tfp", **options))


def _simulate_gray_scene_like(stream: sc.SpikeStream) -> None:
    """Simulate a gray scene of the size and length of a recording."""
    frames, height, width = stream.shape
    sc.simulate([np.full((height, width), 90, np.uint8)] * frames)


def _drained(run: Callable[..., Iterable[Any]], *args: Any) -> None:
    consume(run(*args))


def _ms(runs: Sequence[Callable[[], Any]], sizes: GrowthSizes) -> list[float]:
    return [
        1e3 * taken for taken in median_seconds_in_turns(runs, sizes.min_rounds, sizes.min_seconds)
    ]


def _over_windows(sizes: GrowthSizes) -> Plot:
    from spikecam.bench import reference_implementations

    stream = simulate_moving_pattern(sizes.recording_frames, *sizes.recording_size)
    spikes = np.asarray(stream)
    # As many pictures by every window, so that the window alone makes the difference.
    half = max(sizes.windows) // 2
    frames = range(half, len(stream) - half)
    ours, plain = [], []
    for window in sizes.windows:
        part = spikes[half - window // 2 : len(spikes) - half + window // 2]
        ours.append(partial(_tfp, stream, frames=frames, window=window))
        plain.append(partial(_drained, reference_implementations.tfp, part, window))
    times = _ms([*ours, *plain], sizes)
    curves = {"TFP": times[: len(ours)], _PLAIN: times[len(ours) :]}
    title = f"ms for {len(frames)} pictures of {sizes.recording_size[1]}x{sizes.recording_size[0]}"
    return [float(n) for n in sizes.windows], {title: curves}


def _over_pictures(steps: GrowthSizes) -> Plot:
    methods: dict[str, Run] = {"SDM": iter_sdm, **NETWORKS}
    curves: Curves = {}
    with ExitStack() as folders:
        made = []
        for size in steps.pictures:
            folder = Path(folders.enter_context(tempfile.TemporaryDirectory()))
            sizes = SpeedSizes(recording=(1, 8, 8), video=(1, 8, 8), picture=size)
            made.append(write_inputs(folder, sizes))
        for name, run in methods.items():
            runs = [iter(run(inputs, "cpu")) for inputs in made]
            times = first_and_median_item_seconds(runs, steps.min_rounds, steps.min_seconds)
            curves[name] = [1e3 * each for _, each in times]
    return [float(h * w) for h, w in steps.pictures], {"ms a picture": curves}
