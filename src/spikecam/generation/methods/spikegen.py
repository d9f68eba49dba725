"""SpikeGen: spikes, a blurry picture, or both to samples of the sharp picture.

The dense picture is encoded and mixed with the spikes: the blurry picture sharpened as
`spikecam.deblur` does, or the picture of `fusion` where spikes are alone. With a mix of 0 it is the
blurry picture itself, and spikes count for nothing. See `spikecam.networks.spikegen`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.errors import OptionError, RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.generation.generated import Generated
from spikecam.io.paths import PathLike
from spikecam.method import Method, Takes
from spikecam.networks.configs.spikegen import SpikeGenConfig, SpikeGenInputConfig
from spikecam.picture import Picture
from spikecam.reconstruction.methods.fusion import FusionOptions, fuse
from spikecam.sensor.sensor import check_seed
from spikecam.stream import Span, SpikeStream
from spikecam.weights.catalogue import read_weights_info

# The network takes whole groups of so many spike frames.
GROUP_FRAMES = 8
_MAX_STEPS = 100
_DEFAULT_SAMPLES = 8
# The mix where there are spikes.
_DEFAULT_MIX = 0.5


@dataclass(frozen=True)
class SpikegenOptions:
    """Options of SpikeGen.

    Attributes:
        mix: g, from 0, a picture alone, to 1, spikes alone, which have no colours; by default 0.5,
            and 0 where there are no spikes.
        samples: how many to draw; each is one of the pictures that may have been there. By default
            8, and 1 with one step.
        steps: of DDIM, 1 to 100; one gives the mean alone, without any noise.
        seed: of all noise; sample k is the same, however many there are.
        weights: "spikegen" ships; or a file.
        autoencoder: the one that the weights work on: "autoencoder" ships; or a file, or a folder
            of diffusers.
        fpn: fixed pattern of the spike camera, corrected in the dense picture.
        device: where the networks run.
    """

    mix: float | None = None
    samples: int | None = None
    steps: int = 10
    seed: int = 0
    weights: PathLike = "spikegen"
    autoencoder: PathLike = "autoencoder"
    fpn: FixedPattern | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        for name, value in (("samples", self.sample_count), ("steps", self.steps)):
            if not isinstance(value, (int, np.integer)):
                raise OptionError(f"{name} are given as a whole number, not {value!r}")
        check_seed(self.seed)
        if self.mix is not None and not isinstance(self.mix, (int, float, np.number)):
            raise OptionError(f"a mix is a number from 0, picture alone, to 1, not {self.mix!r}")
        if self.mix is not None and not 0 <= self.mix <= 1:
            raise OptionError(f"a mix is a number from 0, picture alone, to 1, not {self.mix:g}")
        if not 1 <= self.steps <= _MAX_STEPS:
            raise OptionError(f"steps are 1 to {_MAX_STEPS}, not {self.steps}")
        if self.samples is not None and self.samples < 1:
            raise OptionError(f"samples are at least 1, not {self.samples}")
        if self.steps == 1 and self.sample_count > 1:
            raise OptionError(
                f"one step gives the mean, one picture and not {self.samples} samples; choose 2 "
                "steps or more"
            )

    @property
    def sample_count(self) -> int:
        """Number of samples that are drawn."""
        if self.samples is not None:
            return self.samples
        return 1 if self.steps == 1 else _DEFAULT_SAMPLES


def spikegen(
    blur: BlurryPicture | None,
    stream: SpikeStream | None,
    frames: Sequence[int],
    exposure: Span | None,
    options: SpikegenOptions,
) -> Iterator[Generated]:
    """Draw samples of the sharp picture by SpikeGen, frame after frame.

    The noise is the same for all frames.

    Args:
        blur: the blurry picture, (h, w) or (h, w, 3); None for spikes alone.
        stream: spikes of the same view; None for a picture alone.
        frames: frame indices; of a picture alone, [0].
        exposure: frames (start, stop) of the picture; None without a picture or spikes.
        options: sampling, weights, fixed pattern and device.

    Returns:
        Iterator over samples; of spikes alone they are firing rates, as of `spikecam.reconstruct`,
        where what is too bright for the network keeps at least the rate that it is given.

    Raises:
        FileError: weights that cannot be read, or for another autoencoder.
        OptionError: an option that says nothing of what is given.
        RangeError: the frames around a moment leave the recording, or it has fewer than 8.
    """
    mix = _resolve_mix(blur, stream, options)
    from spikecam.generation.sampler import load_sampler
    from spikecam.generation.spikegen_input import Conditioning, SpikeGenInput
    from spikecam.networks.refiner import Refiner
    from spikecam.weights.store import load_network

    input_config = read_weights_info(options.weights, "spikegen").input_config
    assert isinstance(input_config, SpikeGenInputConfig)
    count = 0 if stream is None else window_length(options, stream)
    inputs = SpikeGenInput(count, input_config)
    if stream is not None:
        for frame in frames:
            inputs.window_span(stream, frame)
    sampler = load_sampler(options.weights, options.autoencoder, options.device)
    conditions: Iterable[Conditioning]
    if stream is None or mix == 0:
        assert blur is not None
        conditions = [Conditioning(np.minimum(blur.values, 1))] * len(frames)
    elif blur is None:
        rates: Iterable[Picture | None] = [None] * len(frames)
        if mix < 1:
            rates = fuse(stream, frames, FusionOptions(fpn=options.fpn, device=options.device))
        conditions = (
            inputs.conditioning_on_spikes(stream, frame, rate=rate, fpn=options.fpn)
            for frame, rate in zip(frames, rates, strict=True)
        )
    else:
        assert exposure is not None
        refiner = load_network(Refiner, "refined", options.device) if mix < 1 else None
        conditions = inputs.iter_conditioning_on_both(
            blur, stream, frames, exposure, refiner, fpn=options.fpn
        )
    return (
        sampler.generate(
            condition, mix, samples=options.sample_count, steps=options.steps, seed=options.seed
        )
        for condition in conditions
    )


def window_length(options: SpikegenOptions, stream: SpikeStream) -> int:
    """Number of frames of the window around a moment.

    It is that of the weights, or as many eights as fit.

    Raises:
        RangeError: the recording has fewer than 8.
        FileError: weights that cannot be read.
        OptionError: neither a file nor the name of weights that ship.
    """
    if len(stream) < GROUP_FRAMES:
        raise RangeError(
            f"SpikeGen takes {GROUP_FRAMES} frames of spikes or more, and the recording has "
            f"{len(stream)}"
        )
    config = read_weights_info(options.weights, "spikegen").config
    assert isinstance(config, SpikeGenConfig)
    return min(config.frames, len(stream) // GROUP_FRAMES * GROUP_FRAMES)


def _resolve_mix(
    blur: BlurryPicture | None, stream: SpikeStream | None, options: SpikegenOptions
) -> float:
    """The mix to use, by default or by the inputs.

    Options that contradict the inputs are refused.
    """
    mix = _DEFAULT_MIX if options.mix is None else options.mix
    if stream is None:
        if options.fpn is not None:
            raise OptionError("fpn is of spikes, and there is a picture alone; leave it out")
        if options.mix:
            raise OptionError(f"a picture alone has a mix of 0, not {mix:g}; give spikes, too")
        return 0.0
    if blur is None and mix == 0:
        raise OptionError("spikes alone have a mix above 0: what is dense there is made of them")
    return mix


METHOD = Method(
    name="spikegen",
    summary="samples of the sharp picture and their spread, from spikes, a picture, or both",
    takes=Takes.SPIKES_OR_PICTURE,
    run=spikegen,
    options=SpikegenOptions,
    source="SpikeGen",
    # As many frames before a moment as from it on.
    window=lambda options, stream: window_length(options, stream) + 1,
    undoes_rolling_shutter=True,
    networks=("spikegen",),
)
