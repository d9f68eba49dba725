"""Losses by which networks of a window of spikes are trained, as published.

Each takes the network and a batch of `ReconstructionSamples`. Rates are divided by that of white,
as Spike-Zoo trains, so that a scene counts as much in little light as in much. Declarations name
these functions: torch is loaded when one is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from spikecam.train.engine.sampler import Sample

# Weight of the estimates of Spk2ImgNet, and weights of the coarser pictures of STIR, finest first.
_ESTIMATE_WEIGHT = 0.02
_COARSER_WEIGHTS = (0.5 / 4, 0.25 / 4, 0.25 / 4, 0.25 / 4)
# Weight of the other network of SSML, and frames around the middle by which Spike-Zoo trains it.
_MUTUAL_WEIGHT = 0.01
_MEAN_FRAMES = 7


def rate_error(network: Any, batch: Sample) -> Tensor:
    """Mean absolute error of the rates of the middle frame (all that Spike-Zoo trains with truth).

        L = mean |f(s) - r| / w

    with f(s) the rates of the network, r the true ones and w the rate of white.
    """
    return _absolute_error(network(batch["inputs"]), middle_truth(batch), batch)


def rate_and_estimate_error(network: Any, batch: Sample) -> Tensor:
    """Error of the rates of Spk2ImgNet, and of its estimates in each short window.

        L = mean |f(s) - r| / w + 0.02 sum over windows i and lengths j of mean |e_ij - r_i| / w

    with r_i the truth in the middle of the window (Zhao et al., CVPR 2021).
    """
    rates, estimates = network.reconstruct_with_estimates(batch["inputs"])
    planes = estimates.flatten(1, 2)
    truth = batch["sharp"][:, :, None].expand_as(estimates).flatten(1, 2)
    # Of the mean over planes, their number makes the sum.
    planes_error: Tensor = planes.shape[1] * _absolute_error(planes, truth, batch)
    loss: Tensor = _absolute_error(rates, middle_truth(batch), batch)
    return loss + _ESTIMATE_WEIGHT * planes_error


def rate_and_coarser_error(network: Any, batch: Sample) -> Tensor:
    """Error of the rates of STIR, and of its coarser pictures.

        L = mean |f(s) - r| / w + sum over levels i = 1 to 4 of a_i mean |f_i(s) - r_i| / w

    with r_i the truth averaged over squares of 2^i pixels, and a = 1/8, 1/16, 1/16, 1/16 (Fan et
    al., NeurIPS 2024, but for their term of the features of VGG-19, whose weights do not ship).
    """
    from torch.nn import functional

    rates, coarser = network.reconstruct_with_coarser(batch["inputs"])
    truth = middle_truth(batch)
    loss = _absolute_error(rates, truth, batch)
    for weight, picture in zip(_COARSER_WEIGHTS, coarser, strict=True):
        truth = functional.avg_pool2d(truth, 2)
        loss = loss + weight * _absolute_error(picture, truth, batch)
    return loss


def blind_mean_error(network: Any, batch: Sample) -> Tensor:
    """Loss of SSML as Spike-Zoo trains it, by means of spikes and without truth.

        L = mean (b(s) - m)^2 + 0.01 mean (f(s) - b(s))^2

    with b the blind network and m the firing rate in the seven frames around the middle.
    """
    spikes = batch["inputs"]
    start = (spikes.shape[1] - _MEAN_FRAMES) // 2
    mean = spikes[:, start : start + _MEAN_FRAMES].mean(dim=1, keepdim=True)
    return _mutual_error(network, spikes, mean)


def blind_interval_error(network: Any, batch: Sample) -> Tensor:
    """Loss of SSML as SpikeCV trains it, by intervals between spikes and without truth.

        L = mean (b(s) - 1 / d)^2 + 0.01 mean (f(s) - b(s))^2

    with b the blind network and d the interval around the middle.
    """
    from spikecam.networks.ssml_motion import interval_rates

    spikes = batch["inputs"]
    return _mutual_error(network, spikes, interval_rates(spikes, (spikes.shape[1] - 1) // 2))


def middle_truth(batch: Sample) -> Tensor:
    """True rates of the middle frame, (B, 1, H, W)."""
    middle = batch["sharp"].shape[1] // 2
    return batch["sharp"][:, middle : middle + 1]


def _absolute_error(rates: Tensor, truth: Tensor, batch: Sample) -> Tensor:
    error: Tensor = (rates.float() - truth).abs() / batch["level"][:, None, None, None]
    return error.mean()


def _mutual_error(network: Any, spikes: Tensor, label: Tensor) -> Tensor:
    from torch.nn import functional

    blind, rates = network.blind(spikes).float(), network(spikes).float()
    blind_error: Tensor = functional.mse_loss(blind, label)
    return blind_error + _MUTUAL_WEIGHT * functional.mse_loss(rates, blind)
