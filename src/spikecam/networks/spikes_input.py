"""Input of the networks that see spikes as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.networks.architecture import InputConfig


@dataclass(frozen=True)
class SpikesInputConfig(InputConfig):
    """Constants of an input that is spikes alone, 0 or 1, of a window of frames."""

    kind: ClassVar[str] = "spikes"
