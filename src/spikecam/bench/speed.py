"""Speed and memory, as ratios to plain ways, to a peer and to the machine's limits.

All that is compared runs in turns, and medians are reported: the machine may be slow, or busy, and
the ratios hold.
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from itertools import count
from pathlib import Path
from typing import Any

from spikecam.bench.machine_limits import MachineLimit, matrix_product_limit, memory_copy_limit
from spikecam.bench.peak_memory import peak_memory_of_module
from spikecam.bench.peer_toolbox import (
    find_peer_workloads,
    peer_name_and_version,
    peer_picture_count,
    prepare_peer,
)
from spikecam.bench.speed_inputs import FULL, SpeedInputs, SpeedSizes, write_inputs
from spikecam.bench.timing import consume, first_and_median_item_seconds, median_seconds_in_turns
from spikecam.bench.workloads import Workload, all_workloads
from spikecam.resources import usable_cores

Row = dict[str, Any]
Say = Callable[[str], None]


def measure_speed(
    sizes: SpeedSizes = FULL,
    *,
    devices: Sequence[str] | None = None,
    with_peak_memory: bool = True,
    say: Say = print,
) -> list[Row]:
    """Measure every workload on the processor, and the networks on a GPU where there is one.

    Args:
        sizes: how much is measured.
        devices: where; by default the processor, and a GPU where there is one. Anywhere but on the
            processor, networks alone are measured.
        with_peak_memory: whether each workload also runs in a process of its own, for its peak
            memory.
        say: takes each result as a line, and what is left out.

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
        inputs = write_inputs(Path(folder), sizes)
        peers = find_peer_workloads(say)
        rows = []
        for device in devices or _devices():
            # A GPU is done with small matrices before it is asked for the next.
            side = sizes.matrix_side if device == "cpu" else 4 * sizes.matrix_side
            memory, product = (
                memory_copy_limit(sizes.copy_bytes),
                matrix_product_limit(side, device),
            )
            for workload in all_workloads():
                if device != "cpu" and not workload.is_network:
                    continue
                limit = product if workload.is_network else memory
                if workload.per_picture:
                    row = _time_each_picture(workload, inputs, limit, sizes, device)
                else:
                    run = prepare_peer(peers.get(workload.name), inputs, say)
                    row = _time_whole_workload(workload, inputs, limit, sizes, run)
                if with_peak_memory:
                    peak = peak_memory_of_module(
                        "spikecam.bench.workloads", workload.name, folder, device
                    )
                    row["peak MB"] = None if peak is None else peak / 1e6
                say(describe_row(row))
                rows.append(row)
        return rows


def describe_machine() -> str:
    """Describe the machine in a line: processor, cores, GPU and versions."""
    import torch

    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "numba", "torch"))
    return f"{platform.machine()}, {usable_cores()} cores{gpu}; {versions}"


def describe_row(row: Row) -> str:
    """Describe a row of the table in words."""
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


def operations_per_picture(pictures: Iterator[Any]) -> float:
    """Additions and multiplications that networks compute for one more picture.

    The second is counted: the first includes what all share.
    """
    from torch.utils.flop_counter import FlopCounterMode

    next(pictures)
    with FlopCounterMode(display=False) as counter:
        next(pictures)
    return float(counter.get_total_flops())


def _devices() -> list[str]:
    import torch

    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def _time_whole_workload(
    workload: Workload,
    inputs: SpeedInputs,
    limit: MachineLimit,
    sizes: SpeedSizes,
    peer: Callable[[], Any] | None,
) -> Row:
    """Time a workload as a whole, and return its row."""
    runs = [
        lambda: consume(workload.run(inputs, "cpu")),
        lambda: consume(workload.run_plain(inputs, "cpu")),
    ]
    times = median_seconds_in_turns(
        [*runs, limit.run, *([peer] if peer else [])], sizes.min_rounds, sizes.min_seconds
    )
    row = _make_row(workload, inputs, times, limit)
    if peer:
        # It has no pictures of the frames whose window would leave the recording.
        as_many = workload.count_and_size(inputs)[0] / peer_picture_count(
            workload.name, inputs, workload.count_and_size(inputs)[0]
        )
        row |= {"x peer": as_many * times[3] / times[0], "peer": peer_name_and_version()}
    return row


def _time_each_picture(
    workload: Workload, inputs: SpeedInputs, limit: MachineLimit, sizes: SpeedSizes, device: str
) -> Row:
    """Time a workload picture by picture, and return its row."""
    again = (limit.run() for _ in count())
    runs = [iter(workload.run(inputs, device)), iter(workload.run_plain(inputs, device)), again]
    times = first_and_median_item_seconds(runs, sizes.min_pictures, sizes.min_seconds)
    row = _make_row(workload, inputs, [later for _, later in times], limit, device)
    return row | {"first ms": 1e3 * times[0][0]}


def _make_row(
    workload: Workload,
    inputs: SpeedInputs,
    times: Sequence[float],
    limit: MachineLimit,
    device: str = "cpu",
) -> Row:
    """Make the row of a workload from the seconds of ours, of the plain way and of the limit."""
    ours, plain, limited = times[:3]
    pictures, height, width = workload.count_and_size(inputs)
    rate = limit.amount / limited
    if workload.bytes_moved is not None:
        done = float(workload.bytes_moved(inputs))
    else:
        done = operations_per_picture(iter(workload.run(inputs, device)))
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
        "plain": workload.plain_description,
        "x peer": None,
        "peer": None,
        "limit": limit.name,
        "limit G/s": rate / 1e9,
        "share": done / rate / ours,
    }
