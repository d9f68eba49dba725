"""`generate`: spikes, a blurry picture, or both to samples of the sharp picture, by SpikeGen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.methods import as_picture, check_same_view
from spikecam.deblurring.refined import load_refiner
from spikecam.errors import FileError, OptionError
from spikecam.exposure import resolve_exposure
from spikecam.fixed_pattern import FixedPattern
from spikecam.generation.inputs import Conditioning, around, of_both, of_spikes
from spikecam.generation.latents import DEFAULT as AUTOENCODER
from spikecam.generation.latents import load_autoencoder
from spikecam.generation.sampler import Sampler
from spikecam.generation.sampling import Sampling, frames_in
from spikecam.io.paths import PathLike
from spikecam.io.recording import as_stream
from spikecam.networks.spikegen import SpikeGen
from spikecam.picture import Picture
from spikecam.resources import pick_device
from spikecam.stream import Span, SpikeStream
from spikecam.tiles import as_pixels
from spikecam.weights.store import load_weights

DEFAULT = "spikegen"
# Of what is dense, and spikes.
_MIX = 0.5
_OPTIONS = ("weights", "fpn", "device")


@dataclass(frozen=True)
class Generated:
    """What SpikeGen thinks was there.

    Attributes:
        mean: of all samples, (h, w, 3) or (h, w), float32 in [0, 1].
        spread: standard deviation of the samples, (h, w), the mean over colours: where it is
            large, the picture is a guess. 0 where there is one sample.
        samples: all of them, (S, h, w, 3) or (S, h, w).
    """

    mean: Picture
    spread: Picture
    samples: npt.NDArray[np.float32]


def generate(
    blur: npt.ArrayLike | PathLike | None = None,
    spikes: SpikeStream | PathLike | None = None,
    *,
    camera: str | tuple[int, int] | None = None,
    at: int | None = None,
    exposure: Span | None = None,
    **options: Any,
) -> Generated:
    """Samples of the sharp picture of one moment, by SpikeGen (see `spikecam.networks.spikegen`).

    What is dense is encoded and mixed with the spikes: the blurry picture sharpened as `deblur`
    does, or TFP where spikes are alone. With a mix of 0 it is the blurry picture itself, and spikes
    count for nothing.

    Args:
        blur: the blurry picture, or its path: (h, w) or (h, w, 3) in [0, 1]; None for spikes
            alone.
        spikes: the recording of the same view, or its path; None for a picture alone.
        camera: for a path that does not say its geometry, a camera's name or (height, width).
        at: the frame; the middle one by default, of the exposure where there is a picture.
        exposure: frames (start, stop) of the picture; by default as in `deblur`.
        options: ``mix``, ``samples``, ``steps`` and ``seed``, see `Sampling`; ``weights``,
            ``fpn`` and ``device``, see `generated_frames`.

    Returns:
        Mean, spread and samples; of spikes alone they are firing rates, as of `reconstruct`, where
        what is so much brighter than the rest that the network cannot show it keeps the rate of TFP
        at least.

    Raises:
        FileError: a file that cannot be read, or weights for another autoencoder.
        GeometryError: picture and spikes do not cover the same view.
        RangeError: the frames around the moment leave the recording, or it has fewer than 8.
        OptionError: neither a picture nor spikes, or an option that is not there, cannot be, or
            says nothing of what is given.
    """
    known = {field.name for field in fields(Sampling)}
    sampling = Sampling(**{name: value for name, value in options.items() if name in known})
    others = {name: value for name, value in options.items() if name not in known}
    for name in others:
        if name not in _OPTIONS:
            names = ", ".join([*sorted(known), *_OPTIONS])
            raise OptionError(f"generate has no option {name!r}; it takes {names}")
    stream = None if spikes is None else as_stream(spikes, camera)
    frames = [default_frame(stream, blur is not None, exposure, at)]
    return next(
        generated_frames(
            blur, stream, frames=frames, exposure=exposure, sampling=sampling, **others
        )
    )


def generated_frames(
    blur: npt.ArrayLike | PathLike | None,
    stream: SpikeStream | None,
    *,
    frames: Sequence[int],
    exposure: Span | None = None,
    sampling: Sampling | None = None,
    weights: PathLike | tuple[PathLike, PathLike] = DEFAULT,
    fpn: FixedPattern | None = None,
    device: str = "auto",
) -> Iterator[Generated]:
    """Samples of frame after frame in constant memory; the noise is the same for all.

    Args:
        blur, stream, exposure: as for `generate`.
        frames: frame numbers; of a picture alone, [0].
        sampling: how samples are drawn.
        weights: a name of those that ship, or a file; and, where they are not for the
            autoencoder that ships, a name, a file, or a folder of diffusers.
        fpn: the spike camera's fixed pattern, corrected in what is dense.
        device: "auto", "cpu", "cuda".

    Raises:
        SpikecamError: as `generate`, before the first frame.
    """
    sampling = sampling or Sampling()
    if blur is None and stream is None:
        raise OptionError("give a blurry picture, spikes, or both")
    if not len(frames):
        raise OptionError("frames are one or more numbers of frames, and there are none")
    picture = None if blur is None else as_picture(blur)
    mix = _MIX if sampling.mix is None else sampling.mix
    if stream is None:
        for name, value in (("exposure", exposure), ("fpn", fpn)):
            if value is not None:
                raise OptionError(
                    f"{name} is of spikes, and there is a picture alone; leave it out"
                )
        if sampling.mix:
            raise OptionError(f"a picture alone has a mix of 0, not {mix:g}; give spikes, too")
        sampler = _sampler(weights, device)
        assert picture is not None
        return iter([_generated(sampler, Conditioning(picture), 0.0, sampling)])
    if fpn is not None:
        fpn.check_shape(stream.shape[1:])
    span = None
    if picture is not None:
        named = "the picture" if isinstance(blur, np.ndarray) else str(blur)
        check_same_view(picture, stream, named)
        span = resolve_exposure(stream, exposure)
    elif exposure is not None:
        raise OptionError("an exposure is of a blurry picture, and there are spikes alone")
    elif mix == 0:
        raise OptionError("spikes alone have a mix above 0: what is dense there is TFP of them")
    sampler = _sampler(weights, device)
    count = frames_in(stream, sampler.network.config.frames)
    for frame in frames:
        around(stream, frame, count)

    given: Iterable[Conditioning]
    if picture is None:
        given = (of_spikes(stream, frame, count, fpn=fpn) for frame in frames)
    elif mix == 0:
        given = [Conditioning(picture)] * len(frames)
    else:
        assert span is not None
        refiner = load_refiner(device=device) if mix < 1 else None
        given = of_both(picture, stream, frames, span, count, refiner, fpn=fpn)
    return (_generated(sampler, one, mix, sampling) for one in given)


def default_frame(
    stream: SpikeStream | None, with_picture: bool, exposure: Span | None, at: int | None
) -> int:
    """The frame ``at``, or the middle one, of the exposure where there is a picture.

    Raises:
        OptionError: a picture alone, which has one moment.
    """
    if stream is None:
        if at is not None:
            raise OptionError("a picture alone has one moment; leave the frame out")
        return 0
    if at is not None:
        return at
    if not with_picture:
        return len(stream) // 2
    start, stop = resolve_exposure(stream, exposure)
    return (start + stop) // 2


def _sampler(weights: PathLike | tuple[PathLike, PathLike], device: str) -> Sampler:
    own, codec_weights = weights if isinstance(weights, tuple) else (weights, AUTOENCODER)
    network, _ = load_weights(own, "spikegen")
    assert isinstance(network, SpikeGen)
    codec, name = load_autoencoder(codec_weights)
    if network.config.autoencoder != name:
        raise FileError(
            f"{own} works on latents of another autoencoder than {codec_weights}; name its own "
            "beside it"
        )
    place = pick_device(device)
    return Sampler(network.to(place), codec.to(place))


def _generated(sampler: Sampler, given: Conditioning, mix: float, sampling: Sampling) -> Generated:
    prepared = sampler.prepare(given, mix)
    shape = given.picture.shape
    samples = np.empty((sampling.count, *shape), np.float32)
    for sample, picture in zip(
        samples, sampler.pictures(prepared, (shape[0], shape[1]), sampling), strict=True
    ):
        sample[:] = as_pixels(picture, given.picture) / np.float32(given.scale)
        if given.beyond is not None:
            np.maximum(sample, given.beyond, out=sample)
        np.clip(sample, 0, 1, out=sample)
    mean = samples.mean(axis=0)
    # One after another: all at once would take as much memory again.
    square = sum((np.square(sample - mean) for sample in samples), np.zeros(shape, np.float32))
    spread = np.sqrt(square / np.float32(sampling.count))
    return Generated(mean, spread if spread.ndim == 2 else spread.mean(axis=2), samples)
