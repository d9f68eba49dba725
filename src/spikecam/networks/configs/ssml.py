"""Declaration of SSML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spikecam.errors import OptionError
from spikecam.networks.architecture import (
    Architecture,
    PublishedCheckpoint,
    Shapes,
    count_layers,
)
from spikecam.networks.blind_unet_names import mixer_layers, unet_layers
from spikecam.networks.config_checks import check_all_minimum, check_minimum
from spikecam.networks.spikes_input import SpikesInputConfig

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class SSMLConfig:
    """Sizes of SSML, by default the published ones.

    Attributes:
        window: odd number of spike frames that make one picture.
        width: channels of the encoders; twice as many in the decoders.
        motion_windows: odd numbers of frames around the middle that are averaged with weights.
        motion_width: channels of the motion part.
        gate_width: channels to which those are narrowed, to weigh them.
        interval_reach: frames from the middle, before and after, within which the interval of two
            spikes is sought.
        blind: whether the blind-spot network is part of it, which is for training alone.
    """

    window: int = 41
    width: int = 48
    motion_windows: tuple[int, ...] = (11, 19, 27)
    motion_width: int = 16
    gate_width: int = 4
    interval_reach: int = 12
    blind: bool = True

    def __post_init__(self) -> None:
        check_minimum(self, window=3, width=1, motion_width=1, gate_width=1, interval_reach=1)
        check_all_minimum(self, "motion_windows", 1)
        if not all(frames % 2 for frames in (self.window, *self.motion_windows)):
            raise OptionError("the windows of SSML are odd numbers of frames")
        if max(2 * self.interval_reach + 1, *self.motion_windows) > self.window:
            raise OptionError(f"the motion part of SSML has no more than {self.window} frames")


def _infer_config(shapes: Shapes) -> SSMLConfig:
    width, channels = shapes["nonblind.unet.down1.0.conv.weight"][:2]
    gate_width, motion_width = shapes["nonblind.motion.channel_gate.squeeze.weight"]
    means = "nonblind.motion.means"
    window = channels - motion_width
    return SSMLConfig(
        window=window,
        width=width,
        motion_windows=tuple(
            shapes[f"{means}.{i}.weight"][1] for i in range(count_layers(shapes, means))
        ),
        motion_width=motion_width,
        gate_width=gate_width,
        interval_reach=min(SSMLConfig.interval_reach, (window - 1) // 2),
        blind=any(name.startswith("blind.") for name in shapes),
    )


def _swap_maximum_and_mean(state_dict: dict[str, Tensor]) -> None:
    """Swap the planes by which places are weighed: theirs has the maximum first. In place."""
    name = "nonblind.motion.spatial_gate.conv.weight"
    state_dict[name] = state_dict[name].flip(1)


def _network_layers(theirs: str, ours: str) -> tuple[tuple[str, str], ...]:
    """Names of the layers of one of the two networks."""
    motion = rf"{theirs}\.MotionInference\."
    return (
        *unet_layers(rf"{theirs}\.unet\.", f"{ours}.unet."),
        *mixer_layers(rf"{theirs}\.", f"{ours}."),
        *((rf"{motion}conv{i}", f"{ours}.motion.means.{i}") for i in range(3)),
        (rf"{motion}tfpconv\.conv", f"{ours}.motion.embed_rates.conv"),
        (rf"{motion}tficonv\.conv", f"{ours}.motion.embed_interval.conv"),
    )


_GATES = r"nbsn\.MotionInference\."

ARCHITECTURE = Architecture(
    kind="ssml",
    config=SSMLConfig,
    input_config=SpikesInputConfig,
    module="spikecam.networks.ssml:SSML",
    published=PublishedCheckpoint(
        authors="SSML",
        marker=r"nbsn\.MotionInference\.conv0",
        layers=(
            *_network_layers("nbsn", "nonblind"),
            *_network_layers("bsn", "blind"),
            (rf"{_GATES}ChannelGate\.mlp\.1", "nonblind.motion.channel_gate.squeeze"),
            (rf"{_GATES}ChannelGate\.mlp\.3", "nonblind.motion.channel_gate.expand"),
            (rf"{_GATES}SpatialGate\.spatial\.conv", "nonblind.motion.spatial_gate.conv"),
        ),
        infer_config=_infer_config,
        convert=_swap_maximum_and_mean,
        # The blind network has gates that it does not use.
        unused=((r"bsn\.MotionInference\.(Channel|Spatial)Gate\..*", None),),
    ),
)
