"""Inputs of the networks that ship, on a small recording, are those that their weights learned on.

Values of each tensor are compared with recorded ones, not digests: transforms, logarithms and
optical flow differ in the last digits from one processor to another. Recorded again, after the
version of an input was raised, by ``python tests/weights/test_shipped_inputs.py``.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.log_rate_ratios import LogRateRatios
from spikecam.deblurring.refiner_input import RefinerInput
from spikecam.deblurring.spike_window_input import window_rates, window_spikes
from spikecam.generation.spikegen_input import SpikeGenInput
from spikecam.networks.configs.refiner import ALIGNED_MAPS
from spikecam.networks.teacher import brightness_gain
from spikecam.reconstruction.fusion_input import FusionInput
from spikecam.reconstruction.motion_span import read_motion_span
from spikecam.reconstruction.refocuser_input import RefocuserInput
from spikecam.tiles import pad_to_whole_units, picture_to_tensor

RECORDED = Path(__file__).with_name("shipped_inputs.json")
EXPOSURE, MOMENT, VALUES = (20, 117), 60, 96
# Absolute tolerances: of levels of warped pictures, of optical flow in pixels, of logarithms of
# light along it, and of all else, also relative.
LEVELS, FLOWS, ALIGNED, REST = 4.0, 0.05, 0.05, 1e-4


@pytest.fixture(scope="module")
def scene():
    return make_scene()


def make_scene():
    """A blurry picture (96, 128, 3) and spikes (137, 24, 32) of a texture that moves."""
    rng = np.random.default_rng(0)
    texture = np.kron(rng.random((8, 14)), np.ones((4, 4)))
    video = np.stack([texture[:24, 18 - 18 * t // 137 :][:, :32] for t in range(137)])
    stream = sc.SpikeStream.from_array(rng.random(video.shape) < 0.1 + 0.6 * video)
    gray = np.kron(video[20:117].mean(0), np.ones((4, 4)))
    return np.float32(gray[..., None] * [1, 0.9, 0.8]), stream


def refiner_inputs(info, blur, stream):
    ratios = LogRateRatios(stream, EXPOSURE, info.input_config)
    inputs = RefinerInput(blur, ratios, flow_warp=info.config.flow_warp)
    moment = inputs.frame_input(MOMENT)._asdict()
    maps = moment.pop("maps")
    # Maps of light that is aligned depend on optical flow.
    gray = int(bool(info.input_config.gray_weights))
    alone = len(maps) - gray - (ALIGNED_MAPS if info.input_config.aligned_windows else 0)
    tensors = {"maps": maps[:alone], "aligned": maps[alone:], **moment}
    return {
        "exposure": inputs.exposure_maps(),
        **{k: v for k, v in tensors.items() if v is not None and len(v)},
    }


def refocuser_inputs(info, blur, stream):
    return RefocuserInput(info.input_config).tensors_from_stream(stream, MOMENT, 101)


def spikegen_inputs(info, blur, stream):
    inputs = SpikeGenInput(info.config.frames, info.input_config)
    alone = inputs.conditioning_on_spikes(stream, MOMENT)
    picture = BlurryPicture(blur)
    (both,) = inputs.iter_conditioning_on_both(picture, stream, [MOMENT], EXPOSURE, None)
    return {
        "spikes": alone.spikes,
        "rates": alone.picture,
        "overflow": alone.overflow_rate,
        "gains": np.array([alone.gain, alone.scale, both.gain]),
    }


def fusion_inputs(info, blur, stream):
    inputs = FusionInput(info.input_config)
    span = read_motion_span(stream, MOMENT, inputs.reach, detail=inputs.detail)
    maps = inputs.frame_maps(span, MOMENT, lens_blur=0.3)
    # What is carried along motion depends on optical flow.
    windows = len(info.input_config.windows)
    return {"windows": maps.pictures[:windows], "aligned": maps.pictures[windows:]}


def ldn_inputs(info, blur, stream):
    return {"spikes": window_spikes(stream, stream.window(MOMENT, info.config.window))}


def scaled_rates(blur, stream, window):
    rates, long = (
        torch.from_numpy(window_rates(stream, span))[None, None] for span in (window, EXPOSURE)
    )
    return {"rates": rates * brightness_gain(picture_to_tensor(blur), long)}


def bsn_inputs(info, blur, stream):
    return scaled_rates(blur, stream, stream.window(MOMENT, info.input_config.window))


def edsr_inputs(info, blur, stream):
    return scaled_rates(blur, stream, EXPOSURE)


def autoencoder_inputs(info, blur, stream):
    return {"picture": pad_to_whole_units(picture_to_tensor(blur[:90, :117]))}


BUILDERS = {
    "autoencoder": autoencoder_inputs,
    "base": ldn_inputs,
    "bsn": bsn_inputs,
    "edsr": edsr_inputs,
    "fusion": fusion_inputs,
    "ldn": ldn_inputs,
    "refiner": refiner_inputs,
    "refocuser": refocuser_inputs,
    "spikegen": spikegen_inputs,
}


def summary(values):
    """Shape, mean, root mean square, and values that are spread evenly over a tensor."""
    flat = np.asarray(values, np.float64).ravel()
    chosen = flat[np.linspace(0, flat.size - 1, min(VALUES, flat.size)).round().astype(int)]
    numbers = [flat.mean(), np.sqrt(np.square(flat).mean()), *chosen]
    return {"shape": list(np.shape(values)), "values": [float(f"{n:.7g}") for n in numbers]}


def summaries(info, scene):
    inputs = BUILDERS[info.network](info, *scene)
    return {name: summary(values) for name, values in inputs.items()}


def agree(name, found, recorded):
    tolerance = {"levels": LEVELS, "flows": FLOWS, "aligned": ALIGNED}.get(name, REST)
    return found["shape"] == recorded["shape"] and np.allclose(
        found["values"], recorded["values"], rtol=REST, atol=tolerance
    )


@pytest.mark.parametrize("name", sc.shipped_weights())
def test_inputs_are_as_recorded(scene, name):
    info = sc.read_weights_info(name)
    recorded = json.loads(RECORDED.read_text())[name]
    assert recorded["version"] == info.input_config.version
    found = summaries(info, scene)
    assert found.keys() == recorded["tensors"].keys()
    for tensor, values in recorded["tensors"].items():
        assert agree(tensor, found[tensor], values), tensor


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("refined", {"sdm_window": 19}),
        ("refined", {"sdm_prior": 0.25}),
        ("refined", {"prior": 0.12}),
        ("defocus", {"min_band_frequency": 0.04}),
        ("defocus", {"noise_levels": (1.0, 0.1, 0.02)}),
        ("spikegen", {"white_level": 0.85}),
        ("bsn", {"window": 11}),
    ],
)
def test_other_constants_are_noticed(scene, name, changes):
    info = sc.read_weights_info(name)
    other = replace(info, input_config=replace(info.input_config, **changes))
    recorded = json.loads(RECORDED.read_text())[name]["tensors"]
    found = summaries(other, scene)
    assert not all(agree(tensor, found[tensor], recorded[tensor]) for tensor in recorded)


def test_the_formula_may_be_tuned_without_a_change_of_the_network(scene, monkeypatch):
    """Options of SDM are no constants of the network that refines it."""
    from spikecam.deblurring.methods import sdm

    monkeypatch.setattr(sdm, "WINDOW", 25)
    monkeypatch.setattr(sdm, "PRIOR", 0.5)
    test_inputs_are_as_recorded(scene, "refined")


def record():
    """Write the recorded values again."""
    held = {}
    for name in sc.shipped_weights():
        info = sc.read_weights_info(name)
        tensors = summaries(info, make_scene())
        held[name] = {"version": info.input_config.version, "tensors": tensors}
    RECORDED.write_text(json.dumps(held, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    record()
