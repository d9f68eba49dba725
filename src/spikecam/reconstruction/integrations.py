"""What spikes tell of one moment over several lengths of time, as maps for a network."""

from __future__ import annotations

import numpy as np
import torch

from spikecam.errors import OptionError, RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.networks.membrane import Membrane
from spikecam.picture import Picture
from spikecam.reconstruction.cumulated import cumulated_charge
from spikecam.stream import Span, SpikeStream

# The spans are a whole window, and these parts of it, around the same frame.
SHARES = (1, 2, 4, 8)
# Windows have at least this many frames: an eighth is three then, and fewer tell next to nothing.
LEAST = 25
# Packed bytes that are unpacked at a time.
_BLOCK_BYTES = 1 << 20


def integrations(
    stream: SpikeStream, frame: int, window: int, *, fpn: FixedPattern | None = None
) -> Picture:
    """Firing rates over a window, a half, a quarter and an eighth of it, and the exact one.

    The first four are potentials of membranes (`spikecam.networks.membrane`), divided by the length
    of their spans. The last is the charge that was collected in the window to the fraction of a
    spike (`spikecam.reconstruction.cumulated`), divided by its length: nearly exact of constant
    light; it is ours.

    Args:
        stream: the recording.
        frame: the moment.
        window: odd number of frames, at least 25.
        fpn: the camera's fixed pattern. Each spike then weighs gamma(x, y), as its pixel has it at
            its mean rate in the window (supplement of "Seeing Through Blur", Eq. 12); in the exact
            rate, as it has it at the interval that the spike ends.

    Returns:
        float32 (5, H, W), in [0, 1].

    Raises:
        OptionError: a window that is no odd number of at least 25.
        RangeError: the window leaves the recording, or that has less than 25 frames.
        GeometryError: the fixed pattern is of another size.

    >>> light = SpikeStream.from_array(np.ones((51, 2, 3)))
    >>> integrations(light, 25, 51)[:, 0, 0].tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    check_window(stream, window)
    start, stop = stream.window(frame, window)
    seen = stream[start:stop]
    gamma = None
    if fpn is not None:
        fpn.check_shape(stream.shape[1:])
        rate = np.maximum(seen.count() / np.float32(window), 0.5 / window)
        gamma = torch.from_numpy(fpn.weight(1 / rate))[None, None]
    spans = spans_of(window)
    potentials = np.zeros((len(spans), *stream.shape[1:]), np.float32)
    for first, last in seen.blocks(_BLOCK_BYTES):
        spikes = torch.from_numpy(np.asarray(seen[first:last]).copy())[None]
        inside = [(np.clip((a, b), first, last) - first).tolist() for a, b in spans]
        potentials += Membrane()(spikes, inside, gamma)[0].numpy()
    lengths = np.array([b - a for a, b in spans], np.float32)[:, None, None]
    charge = np.diff(cumulated_charge(seen, [0, window], fpn=fpn), axis=0) / np.float32(window)
    rates: Picture = np.clip(np.concatenate([potentials / lengths, charge]), 0, 1)
    # Where nothing fired, nothing is known to have been there.
    rates[-1][rates[0] == 0] = 0
    if fpn is not None:
        fpn.fill(rates)
    return rates


def check_window(stream: SpikeStream, window: int) -> None:
    """Refuse a window that has no eighth, and a recording that has no window.

    Raises:
        OptionError: it is no odd number of at least 25.
        RangeError: the recording has less than 25 frames.
    """
    if len(stream) < LEAST:
        raise RangeError(
            f"defocus integrates at least {LEAST} frames, and the recording has {len(stream)}; "
            "choose tfi, or tfp with a window of fewer"
        )
    if not isinstance(window, (int, np.integer)) or window < LEAST or window % 2 == 0:
        raise OptionError(
            f"the window of defocus is an odd number of frames, at least {LEAST}, not {window!r}"
        )


def spans_of(window: int) -> list[Span]:
    """Frames (start, stop) of the spans in a window of odd length, from long to short.

    >>> spans_of(51)
    [(0, 51), (12, 39), (19, 32), (22, 29)]
    """
    middle = window // 2
    halves = [round(window / share) // 2 for share in SHARES]
    return [(middle - half, middle + half + 1) for half in halves]
