"""The input of networks that deblur a photograph without spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.networks.architecture import InputConfig


@dataclass(frozen=True)
class BlurryPictureInputConfig(InputConfig):
    """Input that is a blurry picture alone, in [0, 1], RGB, encoded as it is stored."""

    kind: ClassVar[str] = "blurry-picture"
