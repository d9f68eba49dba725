"""Samples of the sharp picture from spikes, a blurry picture, or both, by a method's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy.typing as npt

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.pair import PairSettings, match_pair, read_blurry_values
from spikecam.encoding import AUTO, Encoding
from spikecam.errors import OptionError
from spikecam.frames import Frames, choose_frames, frames_with_window
from spikecam.generation.generated import Generated
from spikecam.io.paths import PathLike
from spikecam.io.recording import as_stream
from spikecam.method import Takes, find_method
from spikecam.picture import as_floats
from spikecam.stream import Span, SpikeStream

DEFAULT_METHOD = "spikegen"

# Frames of a recording, by the exposure, if any, and the window that a method needs.
_FrameChoice = Callable[[SpikeStream, Span | None, int], Sequence[int]]


def generate(
    blur: npt.ArrayLike | PathLike | None = None,
    spikes: SpikeStream | PathLike | None = None,
    *,
    camera: str | tuple[int, int] | None = None,
    at: int | None = None,
    exposure: Span | None = None,
    method: str = DEFAULT_METHOD,
    encoding: str | PathLike | Encoding = AUTO,
    readout: float | str = 0.0,
    check_match: bool = True,
    **options: Any,
) -> Generated:
    """Draw samples of the sharp picture of one moment.

    Args:
        blur: the blurry picture, or its path: (h, w) or (h, w, 3) in [0, 1]; None for spikes
            alone.
        spikes: the recording of the same view, or its path; None for a picture alone.
        camera: for a path that does not say its geometry, a camera's name or (height, width).
        at: index of the frame; the middle one by default, of the exposure where there is a
            picture: that which the pair shows, where nobody says it.
        exposure: frames (start, stop) of the picture; by default as in `deblur`.
        method: name of a method that takes spikes, a picture, or both: "spikegen", or one of an
            installed package (see `spikecam.Method`).
        encoding, readout, check_match: of a picture beside spikes, as in `deblur`.
        options: of the method; see its declaration,
            `spikecam.generation.methods.spikegen.SpikegenOptions`.

    Returns:
        Mean, spread and samples; of spikes alone they are firing rates, as of `reconstruct`.

    Raises:
        FileError: a file that cannot be read, or weights for another autoencoder.
        GeometryError: picture and spikes do not cover the same view.
        RangeError: the frames around the moment leave the recording, or it has fewer than 8.
        OptionError: neither a picture nor spikes, or an option that is not there, cannot be, or
            says nothing of what is given.
    """
    stream = None if spikes is None else as_stream(spikes, camera)
    if stream is None and at is not None:
        raise OptionError("a picture alone has one moment; leave the frame out")

    def choose(stream: SpikeStream, span: Span | None, window: int) -> Sequence[int]:
        frame = middle_frame(stream, span) if at is None else at
        return choose_frames(stream, frame, None, window=window)

    settings = PairSettings(encoding, readout, check_match)
    return next(_run(blur, stream, exposure, choose, method, options, settings))


def generate_frames(
    blur: npt.ArrayLike | PathLike | None,
    spikes: SpikeStream | PathLike | None,
    *,
    frames: Frames | None = None,
    exposure: Span | None = None,
    method: str = DEFAULT_METHOD,
    encoding: str | PathLike | Encoding = AUTO,
    readout: float | str = 0.0,
    check_match: bool = True,
    **options: Any,
) -> Iterator[Generated]:
    """Iterate over samples of the sharp picture, frame after frame in constant memory.

    Arguments and errors are those of `generate`; without ``frames`` it is every frame of the
    exposure, or of spikes alone, whose window lies inside the recording. A picture alone has one
    moment.

    Args:
        frames: how many, spaced evenly, or which: a range, a sequence or an array of indices.
    """
    stream = None if spikes is None else as_stream(spikes)
    if stream is None and frames is not None:
        raise OptionError("a picture alone has one moment; leave the frames out")

    def choose(stream: SpikeStream, span: Span | None, window: int) -> Sequence[int]:
        requested = frames_with_window(stream, window, span) if frames is None else frames
        return choose_frames(stream, None, requested, span=span, window=window)

    settings = PairSettings(encoding, readout, check_match)
    return _run(blur, stream, exposure, choose, method, options, settings)


def middle_frame(stream: SpikeStream, exposure: Span | None = None) -> int:
    """Index of the middle frame of the exposure; without one, of the recording."""
    start, stop = exposure or (0, len(stream))
    return (start + stop) // 2


def _run(
    blur: npt.ArrayLike | PathLike | None,
    stream: SpikeStream | None,
    exposure: Span | None,
    choose: _FrameChoice,
    method: str,
    options: dict[str, Any],
    settings: PairSettings,
) -> Iterator[Generated]:
    declared = find_method(method, Takes.SPIKES_OR_PICTURE)
    parsed = declared.parse_options(options)
    if blur is None and stream is None:
        raise OptionError("give a blurry picture, spikes, or both")
    if exposure is not None and stream is None:
        raise OptionError("exposure is of spikes, and there is a picture alone; leave it out")
    if exposure is not None and blur is None:
        raise OptionError("an exposure is of a blurry picture, and there are spikes alone")
    picture: BlurryPicture | None = None
    if blur is not None and stream is None:
        picture = BlurryPicture(as_floats(read_blurry_values(blur)))
    span: Span | None = None
    moments: Sequence[int] = [0]
    if stream is not None:
        parsed = declared.orient_fixed_pattern(parsed, stream)
        if blur is not None:
            pair = match_pair(
                blur,
                stream,
                exposure,
                settings,
                fpn=declared.fixed_pattern(parsed),
            )
            picture, span = pair.picture, pair.exposure
            declared.check_readout(picture.readout)
        moments = choose(stream, span, declared.window(parsed, stream))
    generated: Iterator[Generated] = declared.run(picture, stream, moments, span, parsed)
    return generated
