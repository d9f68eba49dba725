"""Speed and memory, as ratios to plain ways, to a peer and to the machine's limits.

All that is compared runs in turns, and medians are told: the machine may be slow, or busy, and the
ratios hold.
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from itertools import count
from pathlib import Path
from typing import Any

from spikecam.bench.machine_limits import Limit, memory_limit, product_limit
from spikecam.bench.peak_memory import peak_of_module
from spikecam.bench.peer_toolbox import find_peers, peer_pictures, ready, version
from spikecam.bench.speed_inputs import FULL, Inputs, Sizes, make_inputs
from spikecam.bench.timing import drain, each_in_turns, in_turns
from spikecam.bench.workloads import Workload, workloads
from spikecam.resources import usable_cores

Row = dict[str, Any]
Say = Callable[[str], None]


def measure(
    sizes: Sizes = FULL,
    *,
    devices: Sequence[str] | None = None,
    peaks: bool = True,
    say: Say = print,
) -> list[Row]:
    """Measure every workload on the processor, and the networks on a GPU where there is one.

    Args:
        sizes: how much is measured.
        devices: where; by default the processor, and a GPU where there is one. Anywhere but on the
            processor, networks alone are measured.
        peaks: whether each workload also runs in a process of its own, which tells its memory.
        say: is told each result in a line, and what is left out.

    Returns:
        One row a workload and device, all with the same columns: ``what`` and ``device``; the
        ``count`` of pictures, their ``width`` and ``height``; ``ms`` for them all, ``Mpixel/s``;
        ``first ms``, until the first of pictures that share something; ``peak MB``, of the GPU's
        memory for what runs there; ``x plain`` and ``x peer``, how many times as fast it is as the
        ``plain`` way and the ``peer``; the ``limit``, that of "memory" or of products in "float32"
        or "bfloat16", its ``limit G/s`` in bytes or operations, and the ``share`` of it. None
        stands for what was not measured.
    """
    with tempfile.TemporaryDirectory() as folder:
        inputs = make_inputs(Path(folder), sizes)
        peers = find_peers(say)
        rows = []
        for device in devices or _devices():
            # A GPU is done with small matrices before it is asked for the next.
            side = sizes.side if device == "cpu" else 4 * sizes.side
            memory, product = memory_limit(sizes.copied), product_limit(side, device)
            for workload in workloads():
                if device != "cpu" and not workload.network:
                    continue
                limit = product if workload.network else memory
                if workload.each:
                    row = _each(workload, inputs, limit, sizes, device)
                else:
                    run = ready(peers.get(workload.name), inputs, say)
                    row = _whole(workload, inputs, limit, sizes, run)
                if peaks:
                    peak = peak_of_module("spikecam.bench.workloads", workload.name, folder, device)
                    row["peak MB"] = None if peak is None else peak / 1e6
                say(line(row))
                rows.append(row)
        return rows


def machine() -> str:
    """What it is measured on, in a line."""
    import torch

    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "numba", "torch"))
    return f"{platform.machine()}, {usable_cores()} cores{gpu}; {versions}"


def line(row: Row) -> str:
    """A row in words."""
    size = f"{row['width']}x{row['height']}"
    name = row["what"] if row["device"] == "cpu" else f"{row['what']}, {row['device']}"
    parts = [f"{name:<20}{row['ms']:9.2f} ms for {row['count']} of {size}"]
    if row["peak MB"] is not None:
        parts.append(f"{row['peak MB']:.0f} MB")
    parts.append(f"{row['x plain']:.2f} x as fast as {row['plain']}")
    if row["x peer"] is not None:
        parts.append(f"{row['x peer']:.2f} x as fast as {row['peer']}")
    parts.append(f"{row['share']:.1%} of {row['limit']} at {row['limit G/s']:.1f} G/s")
    return ", ".join(parts)


def operations(pictures: Iterator[Any]) -> float:
    """Additions and multiplications that networks compute for the second of some pictures.

    The first is made as well: it includes what all share.
    """
    from torch.utils.flop_counter import FlopCounterMode

    next(pictures)
    with FlopCounterMode(display=False) as counter:
        next(pictures)
    return float(counter.get_total_flops())


def _devices() -> list[str]:
    import torch

    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def _whole(
    workload: Workload, inputs: Inputs, limit: Limit, sizes: Sizes, peer: Callable[[], Any] | None
) -> Row:
    """The row of a workload that is timed as a whole."""
    runs = [
        lambda: drain(workload.ours(inputs, "cpu")),
        lambda: drain(workload.plain(inputs, "cpu")),
    ]
    times = in_turns([*runs, limit.run, *([peer] if peer else [])], sizes.rounds, sizes.seconds)
    row = _row(workload, inputs, times, limit)
    if peer:
        # It has no pictures of the frames whose window would leave the recording.
        as_many = workload.amount(inputs)[0] / peer_pictures(
            workload.name, inputs, workload.amount(inputs)[0]
        )
        row |= {"x peer": as_many * times[3] / times[0], "peer": version()}
    return row


def _each(workload: Workload, inputs: Inputs, limit: Limit, sizes: Sizes, device: str) -> Row:
    """The row of a workload that is timed picture by picture."""
    again = (limit.run() for _ in count())
    runs = [iter(workload.ours(inputs, device)), iter(workload.plain(inputs, device)), again]
    times = each_in_turns(runs, sizes.pictures, sizes.seconds)
    row = _row(workload, inputs, [later for _, later in times], limit, device)
    return row | {"first ms": 1e3 * times[0][0]}


def _row(
    workload: Workload, inputs: Inputs, times: Sequence[float], limit: Limit, device: str = "cpu"
) -> Row:
    """A row of the seconds of our way, of the plain one, and of the limit."""
    ours, plain, limited = times[:3]
    pictures, height, width = workload.amount(inputs)
    rate = limit.amount / limited
    if workload.moved is not None:
        done = float(workload.moved(inputs))
    else:
        done = operations(iter(workload.ours(inputs, device)))
    return {
        "what": workload.name,
        "device": device,
        "count": pictures,
        "width": width,
        "height": height,
        "ms": 1e3 * ours,
        "Mpixel/s": pictures * height * width / ours / 1e6,
        "first ms": None,
        "peak MB": None,
        "x plain": plain / ours,
        "plain": workload.baseline,
        "x peer": None,
        "peer": None,
        "limit": limit.name,
        "limit G/s": rate / 1e9,
        "share": done / rate / ours,
    }
