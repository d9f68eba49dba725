"""The works whose speed is measured, each with a plain way to do the same.

    python -m spikecam.bench.workloads NAME FOLDER DEVICE

does one of them on the inputs in a folder and prints how much memory that took at most.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

import spikecam as sc
from spikecam.bench.peak_memory import own_peak
from spikecam.bench.speed_inputs import Inputs
from spikecam.bench.timing import drain

Run = Callable[[Inputs, str], Iterable[Any]]
Amount = tuple[int, int, int]

WINDOWS = (9, 41, 201)
# Reach of the TFI that the peer has, too.
_SHORT = 20
# The frame of the first picture that is deblurred.
_FIRST = 20
# Frames that the refocuser integrates.
_REFOCUSED = 101


@dataclass(frozen=True)
class Workload:
    """Something whose speed is measured.

    Attributes:
        name: what it is called in tables and bounds.
        ours: makes the pictures one by one, or one thing; takes the inputs and a device's name.
        plain: the same in the plain way.
        baseline: what the plain way is.
        amount: pictures or frames, height and width of what is timed.
        moved: bytes that have to be read and written for that; None for a network, which the
            products that it computes limit.
        each: pictures are timed one by one, without what they share.
    """

    name: str
    ours: Run
    plain: Run
    baseline: str
    amount: Callable[[Inputs], Amount]
    moved: Callable[[Inputs], int] | None
    each: bool = False

    @property
    def network(self) -> bool:
        """Whether it runs where a device says."""
        return self.moved is None


def workloads() -> list[Workload]:
    """All works, in the order of the table."""
    return [
        Workload(
            "decode",
            lambda inputs, _: [inputs.recording.read()],
            lambda inputs, _: [_unpacked(inputs.path)],
            "numpy.unpackbits",
            lambda inputs: inputs.recording.shape,
            lambda inputs: _packed_bytes(inputs.recording) + int(np.prod(inputs.recording.shape)),
        ),
        *(_tfp(window) for window in WINDOWS),
        _tfi("TFI", 256),
        _tfi(f"TFI, reach {_SHORT}", _SHORT),
        Workload(
            "TFSTP",
            lambda inputs, _: sc.reconstruct_frames(inputs.recording, "tfstp"),
            lambda inputs, _: _reference("tfstp", inputs.tensor),
            "a torch update at each frame",
            lambda inputs: inputs.recording.shape,
            lambda inputs: _pictures_bytes(inputs, len(inputs.recording)),
        ),
        Workload(
            "simulate",
            lambda inputs, _: [sc.simulate(inputs.video)],
            lambda inputs, _: [_simulated(inputs)],
            "a torch loop over the frames",
            lambda inputs: inputs.video.shape,
            lambda inputs: inputs.video.size + inputs.video.size // 8,
        ),
        Workload(
            "SDM",
            by_sdm,
            lambda inputs, _: _plain_sdm(inputs),
            "the formula in torch",
            lambda inputs: (len(_some_moments(inputs)), *inputs.blur.shape[:2]),
            lambda inputs: (
                2 * inputs.blur.nbytes * len(_some_moments(inputs)) + _packed_bytes(inputs.captured)
            ),
        ),
        *(
            Workload(name, run, plain_ldn, "LDN's plain module", _one_picture, None, each=True)
            for name, run in NETWORKS.items()
        ),
        Workload(
            "defocus",
            lambda inputs, device: sc.reconstruct_frames(
                inputs.recording, "defocus", window=_REFOCUSED, device=device
            ),
            plain_refocuser,
            "its plain module",
            lambda inputs: (1, *inputs.recording.shape[1:]),
            None,
            each=True,
        ),
    ]


def deblurred(method: str, weights: str | None, inputs: Inputs, device: str) -> Iterator[Any]:
    """Pictures of one moment after the other; all that is prepared belongs to the first."""
    options: dict[str, Any] = {} if weights is None else {"weights": weights}
    frames = _moments(inputs)
    yield from sc.deblur_frames(
        inputs.blur, inputs.captured, frames=frames, method=method, device=device, **options
    )


def plain_ldn(inputs: Inputs, device: str) -> Iterator[Any]:
    """The same moments by LDN's module in float32, each by itself, as a user of torch would."""
    import torch

    network, _ = sc.load_weights("ldn")
    network.to(device)
    picture = torch.from_numpy(inputs.blur).permute(2, 0, 1)[None].contiguous().to(device)
    for frame in _moments(inputs):
        spikes = np.asarray(inputs.captured[frame - 10 : frame + 11]).astype(np.float32)
        with torch.inference_mode():
            sharp = network(picture, torch.from_numpy(spikes)[None].to(device))
            yield sharp.clamp(0, 1).cpu()


def plain_refocuser(inputs: Inputs, device: str) -> Iterator[Any]:
    """The same frames by the refocuser's module in float32, as a user of torch would."""
    import torch

    from spikecam.reconstruction.refocuser_input import RefocuserInput

    network, _ = sc.load_weights("defocus")
    network.to(device)
    half = _REFOCUSED // 2
    for frame in range(half, len(inputs.recording) - half):
        given = RefocuserInput().tensors_from_stream(inputs.recording, frame, _REFOCUSED)
        seen = {name: one[None].to(device) for name, one in given.items()}
        with torch.inference_mode():
            yield network(**seen).clamp(0, 1).cpu()


NETWORKS: dict[str, Run] = {
    "teacher": partial(deblurred, "teacher", None),
    "ldn": partial(deblurred, "ldn", None),
    "refined": partial(deblurred, "refined", "refined"),
    "refined-small": partial(deblurred, "refined", "refined-small"),
}


def _moments(inputs: Inputs) -> range:
    return range(_FIRST, len(inputs.captured) - _FIRST)


def _some_moments(inputs: Inputs) -> range:
    return _moments(inputs)[::4]


def _one_picture(inputs: Inputs) -> Amount:
    height, width = inputs.blur.shape[:2]
    return 1, height, width


def _packed_bytes(stream: sc.SpikeStream) -> int:
    return int(np.prod(stream.shape)) // 8


def _pictures_bytes(inputs: Inputs, pictures: int) -> int:
    """A recording is read and so many pictures of floats are written."""
    _, height, width = inputs.recording.shape
    return _packed_bytes(inputs.recording) + 4 * pictures * height * width


def _tfp(window: int) -> Workload:
    def amount(inputs: Inputs) -> Amount:
        frames, height, width = inputs.recording.shape
        return frames - window + 1, height, width

    return Workload(
        f"TFP, window {window}",
        lambda inputs, _: sc.reconstruct_frames(inputs.recording, "tfp", window=window),
        lambda inputs, _: _reference("tfp", inputs.spikes, window),
        "averaging each window",
        amount,
        lambda inputs: _pictures_bytes(inputs, amount(inputs)[0]),
    )


def _tfi(name: str, reach: int) -> Workload:
    return Workload(
        name,
        lambda inputs, _: sc.reconstruct_frames(inputs.recording, "tfi", reach=reach),
        lambda inputs, _: _reference("tfi", inputs.tensor, reach),
        "a torch search at each frame",
        lambda inputs: inputs.recording.shape,
        lambda inputs: _pictures_bytes(inputs, len(inputs.recording)),
    )


def _unpacked(path: Path) -> Any:
    return np.unpackbits(np.fromfile(path, np.uint8), bitorder="little")


def _reference(name: str, *args: Any) -> Iterable[Any]:
    # It loads torch, which a process that measures our own memory does without.

    from spikecam.bench import reference_implementations

    pictures: Iterable[Any] = getattr(reference_implementations, name)(*args)
    return pictures


def _simulated(inputs: Inputs) -> Any:
    import torch

    from spikecam.bench import reference_implementations

    return reference_implementations.simulate(torch.from_numpy(inputs.video), 0)


def by_sdm(inputs: Inputs, _: str) -> Iterator[Any]:
    """Pictures of some moments by SDM."""
    frames = _some_moments(inputs)
    return sc.deblur_frames(inputs.blur, inputs.captured, frames=frames, method="sdm")


def _plain_sdm(inputs: Inputs) -> Iterator[Any]:
    import torch

    from spikecam.bench import reference_implementations

    blur = torch.from_numpy(inputs.blur).permute(2, 0, 1).contiguous()
    spikes = torch.from_numpy(np.asarray(inputs.captured))
    yield from reference_implementations.sdm(
        blur, spikes, _some_moments(inputs), sc.resolve_exposure(inputs.captured)
    )


def main() -> None:
    """Do one workload, and print its peak memory in bytes: of the GPU, where it runs there."""
    name, folder, device = sys.argv[1:]
    workload = next(workload for workload in workloads() if workload.name == name)
    drain(islice(workload.ours(Inputs(Path(folder)), device), 3 if workload.each else None))
    if device == "cuda":
        import torch

        print(torch.cuda.max_memory_allocated())
    else:
        print(own_peak())


if __name__ == "__main__":
    main()
