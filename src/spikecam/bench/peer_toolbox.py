"""The field's toolbox, spikezoo of PyPI, doing the same: its code is called where it is installed.

It makes one picture of a window, so that a picture of every frame is a call for every window. What
it needs as floats is made before, and not counted.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

from spikecam.bench.speed_inputs import SpeedInputs
from spikecam.bench.timing import consume
from spikecam.extras import missing_package_error

# Frames that its TFP and TFI look at.
WINDOW = 41
Peer = Callable[[SpeedInputs], Any]


def peer_name_and_version() -> str | None:
    """Name and version of the peer toolbox, or None where it is not installed."""
    try:
        return f"spikezoo {metadata.version('spikezoo')}"
    except metadata.PackageNotFoundError:
        return None


def find_peer_workloads(say: Callable[[str], None]) -> dict[str, Peer]:
    """The functions of spikezoo that match our workloads, by their names.

    There are none if it is not installed.
    """
    name = peer_name_and_version()
    if name is None:
        say(
            str(
                missing_package_error("spikezoo", extra="peers", purpose="a comparison with a peer")
            )
        )
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import spikezoo  # noqa: F401
    # Whatever keeps it from loading is its own, or that of what it imports.
    except Exception as error:
        say(f"no peer to compare with: {name} does not load: {_line(error)}")
        return {}
    say(f"the peer is {name}, on the processor")
    return {
        "decode": _decode,
        f"TFP, window {WINDOW}": lambda inputs: _pictures("tfp", inputs),
        f"TFI, reach {WINDOW // 2}": lambda inputs: _pictures("tfi", inputs),
        "simulate": _simulate,
    }


def peer_picture_count(workload_name: str, inputs: SpeedInputs, our_count: int) -> int:
    """How many pictures the peer makes of the inputs, where we make ``our_count``."""
    return len(inputs.recording) - WINDOW + 1 if workload_name.startswith("TF") else our_count


def prepare_peer(
    peer: Peer | None, inputs: SpeedInputs, say: Callable[[str], None]
) -> Callable[[], Any] | None:
    """Prepare a function of the peer and run it once.

    Where it fails, a message is printed and None returned.
    """
    if peer is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run: Callable[[], Any] = peer(inputs)
            run()
    # As above: its failures are not ours to foresee.
    except Exception as error:
        say(f"the peer fails: {_line(error)}")
        return None
    return run


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _decode(inputs: SpeedInputs) -> Callable[[], Any]:
    from spikezoo.utils.spike_utils import load_vidar_dat

    _, height, width = inputs.recording.shape
    return lambda: load_vidar_dat(str(inputs.recording_path), height, width)


def _simulate(inputs: SpeedInputs) -> Callable[[], Any]:
    from spikezoo.utils.spike_utils import video2spike_simulation

    light = inputs.video / 255.0
    return lambda: video2spike_simulation(light, threshold=2.0)


def _pictures(method: str, inputs: SpeedInputs) -> Callable[[], Any]:
    import torch
    from spikezoo.models import build_model_name

    model = build_model_name(method).build_network()
    model.to("cpu")
    # Its TFI asks for a GPU by name; this is where it keeps that name.
    model.net.device = "cpu"
    spikes = inputs.spike_tensor.float()[None]

    def pictures() -> Iterator[Any]:
        with torch.inference_mode():
            for start in range(spikes.shape[1] - WINDOW + 1):
                yield model.spk2img(spikes[:, start : start + WINDOW])

    return lambda: consume(pictures())
