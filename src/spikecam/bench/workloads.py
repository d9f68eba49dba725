"""The workloads whose speed is measured, each with a plain way to do the same.

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
from spikecam.bench.peak_memory import own_peak_memory
from spikecam.bench.speed_inputs import SpeedInputs
from spikecam.bench.timing import consume

Run = Callable[[SpeedInputs, str], Iterable[Any]]
Amount = tuple[int, int, int]

TIMED_WINDOWS = (9, 41, 201)
# Reach of the TFI that the peer has, too.
_SHORT = 20
# The frame of the first picture that is deblurred.
_FIRST = 20
# Frames that the refocuser integrates.
_REFOCUSED = 101


@dataclass(frozen=True)
class Workload:
    """A workload whose speed is measured, beside a plain way to do the same.

    Attributes:
        name: what it is called in tables and bounds.
        run: makes the pictures one by one, or one thing; takes the inputs and a device's name.
        run_plain: the same in the plain way.
        plain_description: what the plain way is.
        count_and_size: pictures or frames, height and width of what is timed.
        bytes_moved: bytes that have to be read and written for that; None for a network, which the
            products that it computes limit.
        per_picture: pictures are timed one by one, without what they share.
    """

    name: str
    run: Run
    run_plain: Run
    plain_description: str
    count_and_size: Callable[[SpeedInputs], Amount]
    bytes_moved: Callable[[SpeedInputs], int] | None
    per_picture: bool = False

    @property
    def is_network(self) -> bool:
        """Whether it is a network, which can run on a GPU."""
        return self.bytes_moved is None


def all_workloads() -> list[Workload]:
    """All workloads, in the order of the table."""
    return [
        Workload(
            "decode",
            lambda inputs, _: [inputs.recording.read()],
            lambda inputs, _: [_unpacked(inputs.recording_path)],
            "numpy.unpackbits",
            lambda inputs: inputs.recording.shape,
            lambda inputs: _packed_bytes(inputs.recording) + int(np.prod(inputs.recording.shape)),
        ),
        Workload(
            "count",
            lambda inputs, _: [inputs.recording.count()],
            lambda inputs, _: [_counted(inputs.recording_path, len(inputs.recording))],
            "numpy.unpackbits and sum",
            lambda inputs: inputs.recording.shape,
            lambda inputs: (
                _packed_bytes(inputs.recording) + 8 * int(np.prod(inputs.recording.shape[1:]))
            ),
        ),
        *(_tfp(window) for window in TIMED_WINDOWS),
        _tfi("TFI", 256),
        _tfi(f"TFI, reach {_SHORT}", _SHORT),
        Workload(
            "TFSTP",
            lambda inputs, _: sc.reconstruct_frames(inputs.recording, "tfstp"),
            lambda inputs, _: _reference("tfstp", inputs.spike_tensor),
            "a torch update at each frame",
            lambda inputs: inputs.recording.shape,
            lambda inputs: _bytes_moved(inputs, len(inputs.recording)),
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
            iter_sdm,
            lambda inputs, _: _plain_sdm(inputs),
            "the formula in torch",
            lambda inputs: (len(_some_moments(inputs)), *inputs.blur.shape[:2]),
            lambda inputs: (
                2 * inputs.blur.nbytes * len(_some_moments(inputs))
                + _packed_bytes(inputs.blur_spikes)
            ),
        ),
        *(
            Workload(
                name,
                run,
                iter_plain_ldn,
                "LDN's plain module",
                _one_picture,
                None,
                per_picture=True,
            )
            for name, run in NETWORKS.items()
        ),
        Workload(
            "defocus",
            lambda inputs, device: sc.reconstruct_frames(
                inputs.recording, "defocus", window=_REFOCUSED, device=device
            ),
            iter_plain_refocuser,
            "its plain module",
            lambda inputs: (1, *inputs.recording.shape[1:]),
            None,
            per_picture=True,
        ),
    ]


def iter_deblurred(
    method: str, weights: str | None, inputs: SpeedInputs, device: str
) -> Iterator[Any]:
    """Yield deblurred pictures frame after frame.

    The first also includes all preparation.
    """
    options: dict[str, Any] = {} if weights is None else {"weights": weights}
    frames = _moments(inputs)
    yield from sc.deblur_frames(
        inputs.blur, inputs.blur_spikes, frames=frames, method=method, device=device, **options
    )


def iter_plain_ldn(inputs: SpeedInputs, device: str) -> Iterator[Any]:
    """Yield pictures of the same frames by LDN's plain module in float32, one call each."""
    import torch

    network, _ = sc.load_weights("ldn")
    network.to(device)
    picture = torch.from_numpy(inputs.blur).permute(2, 0, 1)[None].contiguous().to(device)
    for frame in _moments(inputs):
        spikes = np.asarray(inputs.blur_spikes[frame - 10 : frame + 11]).astype(np.float32)
        with torch.inference_mode():
            sharp = network(picture, torch.from_numpy(spikes)[None].to(device))
            yield sharp.clamp(0, 1).cpu()


def iter_plain_refocuser(inputs: SpeedInputs, device: str) -> Iterator[Any]:
    """Yield pictures by the refocuser's plain module in float32, one call each."""
    import torch

    from spikecam.reconstruction.refocuser_input import RefocuserInput

    network, _ = sc.load_weights("defocus")
    network.to(device)
    half = _REFOCUSED // 2
    for frame in range(half, len(inputs.recording) - half):
        network_inputs = RefocuserInput().tensors_from_stream(inputs.recording, frame, _REFOCUSED)
        batch = {name: one[None].to(device) for name, one in network_inputs.items()}
        with torch.inference_mode():
            yield network(**batch).clamp(0, 1).cpu()


NETWORKS: dict[str, Run] = {
    "teacher": partial(iter_deblurred, "teacher", None),
    "ldn": partial(iter_deblurred, "ldn", None),
    "refined": partial(iter_deblurred, "refined", "refined"),
    "refined-small": partial(iter_deblurred, "refined", "refined-small"),
}


def _moments(inputs: SpeedInputs) -> range:
    return range(_FIRST, len(inputs.blur_spikes) - _FIRST)


def _some_moments(inputs: SpeedInputs) -> range:
    return _moments(inputs)[::4]


def _one_picture(inputs: SpeedInputs) -> Amount:
    height, width = inputs.blur.shape[:2]
    return 1, height, width


def _packed_bytes(stream: sc.SpikeStream) -> int:
    return int(np.prod(stream.shape)) // 8


def _bytes_moved(inputs: SpeedInputs, picture_count: int) -> int:
    """Bytes read and written where a recording becomes so many pictures of floats."""
    _, height, width = inputs.recording.shape
    return _packed_bytes(inputs.recording) + 4 * picture_count * height * width


def _tfp(window: int) -> Workload:
    def amount(inputs: SpeedInputs) -> Amount:
        frames, height, width = inputs.recording.shape
        return frames - window + 1, height, width

    return Workload(
        f"TFP, window {window}",
        lambda inputs, _: sc.reconstruct_frames(inputs.recording, "tfp", window=window),
        lambda inputs, _: _reference("tfp", inputs.spike_array, window),
        "averaging each window",
        amount,
        lambda inputs: _bytes_moved(inputs, amount(inputs)[0]),
    )


def _tfi(name: str, reach: int) -> Workload:
    return Workload(
        name,
        lambda inputs, _: sc.reconstruct_frames(inputs.recording, "tfi", reach=reach),
        lambda inputs, _: _reference("tfi", inputs.spike_tensor, reach),
        "a torch search at each frame",
        lambda inputs: inputs.recording.shape,
        lambda inputs: _bytes_moved(inputs, len(inputs.recording)),
    )


def _unpacked(path: Path) -> Any:
    return np.unpackbits(np.fromfile(path, np.uint8), bitorder="little")


def _counted(path: Path, frame_count: int) -> Any:
    return _unpacked(path).reshape(frame_count, -1).sum(axis=0, dtype=np.int64)


def _reference(name: str, *args: Any) -> Iterable[Any]:
    # It loads torch, which a process that measures our own memory does without.

    from spikecam.bench import reference_implementations

    pictures: Iterable[Any] = getattr(reference_implementations, name)(*args)
    return pictures


def _simulated(inputs: SpeedInputs) -> Any:
    import torch

    from spikecam.bench import reference_implementations

    return reference_implementations.simulate(torch.from_numpy(inputs.video), 0)


def iter_sdm(inputs: SpeedInputs, _: str) -> Iterator[Any]:
    """Yield pictures of some frames by SDM."""
    frames = _some_moments(inputs)
    return sc.deblur_frames(inputs.blur, inputs.blur_spikes, frames=frames, method="sdm")


def _plain_sdm(inputs: SpeedInputs) -> Iterator[Any]:
    import torch

    from spikecam.bench import reference_implementations

    blur = torch.from_numpy(inputs.blur).permute(2, 0, 1).contiguous()
    spikes = torch.from_numpy(np.asarray(inputs.blur_spikes))
    yield from reference_implementations.sdm(
        blur, spikes, _some_moments(inputs), sc.resolve_exposure(inputs.blur_spikes)
    )


def main() -> None:
    """Run one workload, and print its peak memory in bytes: of the GPU, where it runs there."""
    name, folder, device = sys.argv[1:]
    workload = next(workload for workload in all_workloads() if workload.name == name)
    consume(
        islice(workload.run(SpeedInputs(Path(folder)), device), 3 if workload.per_picture else None)
    )
    if device == "cuda":
        import torch

        print(torch.cuda.max_memory_allocated())
    else:
        print(own_peak_memory())


if __name__ == "__main__":
    main()
