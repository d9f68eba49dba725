"""Declaration of SCFlow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isqrt
from typing import ClassVar

from spikecam.errors import OptionError
from spikecam.networks.architecture import (
    Architecture,
    InputConfig,
    PublishedCheckpoint,
    Shapes,
    count_layers,
)
from spikecam.networks.config_checks import check_minimum


@dataclass(frozen=True)
class SCFlowConfig:
    """Sizes of SCFlow, by default the published ones.

    Attributes:
        window: odd number of spike frames around each of both moments.
        representation_width: channels of the representation of spikes.
        widths: channels of each level of the pyramid, from full resolution on.
        reduced_width: channels to which features of each level are reduced for the estimator.
        estimator_widths: channels that each layer of the flow estimator adds.
        radius: largest displacement of the correlation, in pixels of a level.
    """

    window: int = 25
    representation_width: int = 32
    widths: tuple[int, ...] = (32, 64, 96, 128)
    reduced_width: int = 32
    estimator_widths: tuple[int, ...] = (96, 64, 32)
    radius: int = 4

    def __post_init__(self) -> None:
        check_minimum(self, window=1, representation_width=1, reduced_width=1, radius=0)
        if self.window % 2 == 0:
            raise OptionError(f"the window of SCFlow is an odd number of frames, not {self.window}")
        for name in ("widths", "estimator_widths"):
            if min(getattr(self, name), default=0) < 1:
                raise OptionError(f"{name} are numbers of at least 1, not {getattr(self, name)}")


# More is no motion that the pyramid could follow; three digits in the name of a file.
_MOST_SPACING = 999


@dataclass(frozen=True)
class SCFlowInputConfig(InputConfig):
    """Constants of the input of SCFlow.

    The input is the spikes of two windows, of ``SCFlowConfig.window`` frames each.

    Attributes:
        spacing: frames between the middles of both windows, at most 999.
    """

    kind: ClassVar[str] = "two-spike-windows"

    spacing: int = 10

    def __post_init__(self) -> None:
        check_minimum(self, spacing=1)
        if self.spacing > _MOST_SPACING:
            raise OptionError(f"spacing is at most {_MOST_SPACING}, not {self.spacing}")


def _infer_config(shapes: Shapes) -> SCFlowConfig:
    reduced = shapes["reduce.0.weight"][0]
    planes = shapes["estimator.convs.0.weight"][1] - reduced - 2
    return SCFlowConfig(
        window=shapes["representation.first.weight"][1],
        representation_width=shapes["representation.first.weight"][0],
        widths=tuple(
            shapes[f"encoder.{level}.second.weight"][0]
            for level in range(count_layers(shapes, "encoder"))
        ),
        reduced_width=reduced,
        estimator_widths=tuple(
            shapes[f"estimator.convs.{i}.weight"][0]
            for i in range(count_layers(shapes, "estimator.convs") - 1)
        ),
        radius=isqrt(max(planes, 1)) // 2,
    )


def _infer_input_config(file_name: str) -> SCFlowInputConfig:
    """The spacing of a checkpoint that is called as the authors' are, dt10_e40 or dt20_e80."""
    spacing = re.search(r"(?<![a-z0-9])dt([1-9]\d{0,2})(?!\d)", file_name.lower())
    return SCFlowInputConfig(int(spacing[1])) if spacing else SCFlowInputConfig()


# Their layers of the estimator count from 1, ours from 0.
_MOST_LAYERS = 16

ARCHITECTURE = Architecture(
    kind="scflow",
    config=SCFlowConfig,
    input_config=SCFlowInputConfig,
    module="spikecam.networks.scflow:SCFlow",
    published=PublishedCheckpoint(
        authors="SCFlow",
        marker=r"flow_estimators\.conv4\.0",
        layers=(
            (r"spike_representation\.conv_s1\.0", "representation.first"),
            (r"spike_representation\.conv_s2\.0", "representation.second"),
            (r"feature_encoder\.conv_list\.(\d+)\.0\.0", r"encoder.\1.first"),
            (r"feature_encoder\.conv_list\.(\d+)\.1\.0", r"encoder.\1.second"),
            (r"conv_1x1\.(\d+)\.0", r"reduce.\1"),
            *(
                (rf"flow_estimators\.conv{i + 1}\.0", f"estimator.convs.{i}")
                for i in range(_MOST_LAYERS)
            ),
        ),
        infer_config=_infer_config,
        infer_input_config=_infer_input_config,
    ),
)
