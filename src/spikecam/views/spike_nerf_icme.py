"""What Spike-NeRF fits a scene to: masked pictures of spikes, and the spikes themselves.

    loss = mean (e(P) - picture)^2 + eta mean (s - spikes)^2

Spike-NeRF (Guo et al., ICME 2024; not SpikeNeRF, see `spikenerf_cvpr`), with e the encoding, P the
light of the view of a moment and s the spikes that a neuron fires under it (`neuron`). The picture
is made of 41 frames, and it is black where no spike fell in a few frames around the moment: the
spike mask, which clears the background, and all that is as dark.

The authors fit a neural radiance field; they follow the membranes of some pixels over 950 frames,
one frame in a step, and raise eta from 0.0001 to 0.002. Here eta is one number, all pixels fire for
the frames of the mask under the light of one view, and start at the charge that the recording has
there, which its spikes tell to about a frame. Masks and windows are by default those of the
authors' code, and TFP makes the picture, where they read one from a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spikecam.errors import OptionError
from spikecam.reconstruction.reconstruct import reconstruct_frames
from spikecam.stream import SpikeStream
from spikecam.views.gaussians import Floats
from spikecam.views.neuron import integrate_and_fire, spike_derivatives
from spikecam.views.observations import Observation, SensorScale, WindowSpikes
from spikecam.views.predicted_light import LightTable, light_gradient
from spikecam.views.simulated_spikes_loss import spikes_and_light

_PICTURE_FRAMES = 41


@dataclass(frozen=True)
class SpikeNerfLoss:
    """Squared errors of displayed values and of simulated spikes; a `ViewLoss`.

    Attributes:
        spike_weight: of the squared errors of spikes, eta, at least 0.
    """

    spike_weight: float = 1e-3

    def __post_init__(self) -> None:
        if not self.spike_weight >= 0:
            raise OptionError(f"the weight of spikes is at least 0, not {self.spike_weight:g}")

    def __call__(
        self, views: Floats, observation: Observation, mixing: Floats, table: LightTable, /
    ) -> tuple[float, Floats]:
        """Compare views with a picture and its spikes, as `ViewLoss`.

        Raises:
            GeometryError: pictures of other sizes.
            OptionError: an observation without spikes, or of a sensor of colours.
        """
        measured, target, predicted = spikes_and_light(views, observation, mixing, table)
        picture, slope = table.encode(predicted)
        error = picture - table.encode(target)[0]
        spikes = np.asarray(measured.stream).astype(np.float32)
        fired, membranes = integrate_and_fire(
            measured.scale.rate(predicted[0]), measured.phase, len(spikes)
        )
        miss = fired - spikes
        by_rate = (miss * spike_derivatives(membranes)).sum(axis=0) * np.float32(2 / miss.size)
        weight, white = np.float32(self.spike_weight), np.float32(measured.scale.white_rate)
        by_prediction = np.float32(2 / error.size) * error * slope + weight * white * by_rate
        loss = np.square(error).mean(dtype=np.float64)
        loss += self.spike_weight * np.square(miss).mean(dtype=np.float64)
        return float(loss), light_gradient(views, by_prediction, mixing, table)


def observe_spike_nerf(
    stream: SpikeStream, frames: Sequence[int], scale: SensorScale, *, mask_frames: int = 11
) -> Iterator[Observation]:
    """Masked pictures of a recording, each with the spikes around its moment.

    Args:
        stream: the recording.
        frames: indices of the moments.
        scale: of the sensor.
        mask_frames: odd number of frames in which a pixel without a spike is masked, and whose
            spikes are simulated.

    Raises:
        RangeError: a moment fewer than 20 frames from the ends of the recording.
    """
    weight = np.ones((1, 1, 1), np.float32)
    rates = reconstruct_frames(stream, "tfp", frames=frames, window=_PICTURE_FRAMES)
    for frame, rate in zip(frames, rates, strict=True):
        span = stream.window(frame, mask_frames)
        light = np.where(stream.count(*span) > 0, scale.light(rate), np.float32(0))
        spikes = WindowSpikes.of_window(stream, span, scale)
        yield Observation((float(frame),), light[None], weight, spikes=spikes)
