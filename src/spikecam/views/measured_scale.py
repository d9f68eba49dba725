"""Firing rates of white and of darkness, measured from a recording."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from spikecam.errors import OptionError
from spikecam.gray import GRAY_WEIGHTS
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream
from spikecam.views.observations import SensorScale

# White is this quantile of the rates of windows, and darkness this one of the rates of the whole
# recording, if it is at most this share of white: else the scene has nothing black.
_WHITE_QUANTILE, _DARK_QUANTILE, _MAX_DARK_SHARE = 0.999, 0.01, 0.05
# Windows that are counted, and the least length in frames: one spike more or less is much of few.
_WINDOWS, _MIN_WINDOW = 24, 41
# Shares of the pixels of an RGGB mosaic that see red, green and blue.
_MOSAIC_WEIGHTS = (0.25, 0.5, 0.25)


def measure_scale(
    stream: SpikeStream,
    window: int,
    *,
    white_rate: float | None = None,
    dark_rate: float | None = None,
) -> SensorScale:
    """Scale of a recording by its brightest and darkest pixels.

    Args:
        stream: the recording.
        window: frames in which the scene hardly moves, at most its length.
        white_rate: spikes a frame of white above darkness, where it is known.
        dark_rate: spikes a frame of darkness, where it is known.

    Raises:
        OptionError: nothing in the recording is brighter than darkness.
    """
    brightest = _brightest_rate(stream, window)
    dark = _measure_dark_rate(stream, brightest) if dark_rate is None else dark_rate
    if brightest <= dark:
        raise OptionError(
            f"the recording is dark: its brightest pixels fire {brightest:.2g} times a frame; "
            "record with more light, or a lower threshold"
        )
    return SensorScale(brightest - dark if white_rate is None else white_rate, dark)


def match_photographs(
    stream: SpikeStream,
    exposures: Iterable[Span],
    photographs: Iterable[Picture],
    *,
    dark_rate: float | None = None,
    bayer: bool = False,
) -> SensorScale:
    """Scale of a recording by which its mean light is that of photographs.

    Args:
        stream: the recording.
        exposures: frames (start, stop) of each photograph.
        photographs: light (H, W) or (H, W, 3) of each, of the same view as the spikes.
        dark_rate: spikes a frame of darkness, where it is known.
        bayer: pixels of the recording see one colour each of an RGGB mosaic.

    Raises:
        OptionError: the recording or the photographs are dark.
    """
    if dark_rate is None:
        dark_rate = _measure_dark_rate(stream, _brightest_rate(stream, _MIN_WINDOW))
    weights = np.array(_MOSAIC_WEIGHTS if bayer else GRAY_WEIGHTS, np.float32)
    rate = light = 0.0
    for (start, stop), photograph in zip(exposures, photographs, strict=True):
        rate += float((stream.count(start, stop) / (stop - start)).mean()) - dark_rate
        light += float((photograph @ weights if photograph.ndim == 3 else photograph).mean())
    if not (rate > 0 and light > 0):
        dark = "photographs are" if light <= 0 else "recording is"
        raise OptionError(
            f"the {dark} dark, and spikes and photographs cannot be matched; give --white-rate, "
            "or leave out the photographs"
        )
    return SensorScale(rate / light, dark_rate)


def _brightest_rate(stream: SpikeStream, window: int) -> float:
    length = min(len(stream), max(window, _MIN_WINDOW))
    starts = np.unique(np.linspace(0, len(stream) - length, _WINDOWS).astype(int))
    rates = [stream.count(start, start + length) / np.float32(length) for start in starts]
    return float(np.quantile(rates, _WHITE_QUANTILE))


def _measure_dark_rate(stream: SpikeStream, brightest: float) -> float:
    darkest = float(np.quantile(stream.count() / len(stream), _DARK_QUANTILE))
    return darkest if darkest < _MAX_DARK_SHARE * brightest else 0.0
