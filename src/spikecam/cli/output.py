"""Write the frames of a command to OUT, the same way for every command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import spikecam as sc
from spikecam.cli.progress import track_progress
from spikecam.io.paths import check_not_input

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def check_out(out: Path, inputs: Sequence[Path], frames: int, *, fps: float, bits: int) -> None:
    """Refuse, before work starts, an OUT that cannot hold what was asked for."""
    _open(out, fps, bits, inputs, frames)


def _open(
    out: Path, fps: float, bits: int, inputs: Sequence[Path] = (), frames: int | None = None
) -> sc.Output:
    video = sc.kind_of(out) == "video"
    return sc.open_output(out, fps=fps if video else None, bits=bits, inputs=inputs, count=frames)


def refuse_input(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse an OUT that would replace what it is made from."""
    check_not_input(out, inputs)


def check_weights_out(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse an OUT that is not named like weights, or would replace an input."""
    refuse_input(out, inputs)
    if out.suffix.lower() != ".safetensors":
        raise sc.OutputError(f"{out}: weights are written as .safetensors")
    if out.is_dir():
        raise sc.OutputError(
            f"{out} is a folder; name a file in it, such as {out / 'mine'}.safetensors"
        )


def write_frames(
    out: Path,
    pictures: Iterator[npt.NDArray[np.float32]],
    numbers: Sequence[int],
    *,
    fps: float,
    bits: int,
    label: str,
) -> None:
    """Write pictures to OUT with a progress bar, and say what was written."""
    tracked = track_progress(pictures, len(numbers), label)
    _open(out, fps, bits).write(tracked, numbers)
    what = f"frame {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} frames"
    if len(numbers) > 1:
        what += f", {numbers[0]} to {numbers[-1]}"
    print(f"{out}: {what}")
