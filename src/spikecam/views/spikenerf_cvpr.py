"""What SpikeNeRF fits a scene to: counts of spikes, by neurons under the render.

    loss = mean (e(N / n) - e(count / n))^2,    N = sum_i s_i

SpikeNeRF (Zhu et al., CVPR 2024; not Spike-NeRF, see `spike_nerf_icme`): s are the spikes that an
integrate-and-fire neuron fires in n frames under the constant light of a view (`neuron`), count
those of the recording, both as shares of white and in displayed values e.

The authors fit a neural radiance field to still views of 256 frames. Their neurons start empty and
lose what is above the threshold when they fire; their surrogate has a slope of 1 where a neuron
fires and none elsewhere; they model the fixed pattern of a camera. Here neurons start at the charge
that the recording has at the beginning of the window and keep what is above the threshold, as the
simulated camera does, so that the count of the true light is the one that was recorded; the
surrogate is smooth; and there is no fixed pattern.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from spikecam.stream import Span, SpikeStream
from spikecam.views.gaussians import Floats
from spikecam.views.neuron import integrate_and_fire, spike_derivatives
from spikecam.views.observations import Observation, SensorScale, WindowSpikes, window_times
from spikecam.views.predicted_light import LightTable, light_gradient
from spikecam.views.simulated_spikes_loss import spikes_and_light


def spike_count_loss(
    views: Floats, observation: Observation, mixing: Floats, table: LightTable, /
) -> tuple[float, Floats]:
    """Compare counts of simulated spikes with those of a recording; a `ViewLoss`.

    Raises:
        GeometryError: pictures of other sizes.
        OptionError: an observation without spikes, or of a sensor of colours.
    """
    measured, target, predicted = spikes_and_light(views, observation, mixing, table)
    frames = len(measured.stream)
    rate = measured.scale.rate(predicted[0])
    fired, membranes = integrate_and_fire(rate, measured.phase, frames)
    share = fired.sum(axis=0, dtype=np.float32) / np.float32(frames)
    picture, slope = table.encode(measured.scale.light(share)[None])
    error = picture - table.encode(target)[0]
    # Light and rate are in proportion, so that the white rate cancels.
    by_light = spike_derivatives(membranes).sum(axis=0) / np.float32(frames)
    by_prediction = np.float32(2 / error.size) * error * slope * by_light
    loss = float(np.square(error).mean(dtype=np.float64))
    return loss, light_gradient(views, by_prediction, mixing, table)


def observe_spike_counts(
    stream: SpikeStream, spans: Sequence[Span], scale: SensorScale, *, views: int = 1
) -> Iterator[Observation]:
    """Counts of spikes in windows of a recording.

    Args:
        stream: the recording.
        spans: frames (start, stop) of the windows.
        scale: of the sensor.
        views: rendered for each window, whose mean is its constant light.

    Raises:
        RangeError: a window leaves the recording.
    """
    weight = np.ones((1, 1, 1), np.float32)
    for start, stop in spans:
        rate = stream.count(start, stop).astype(np.float32) / np.float32(stop - start)
        spikes = WindowSpikes.of_window(stream, (start, stop), scale)
        yield Observation(
            window_times((start, stop), views),
            scale.light(rate)[None],
            weight,
            is_count=True,
            spikes=spikes,
        )
