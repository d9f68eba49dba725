"""The renderer of a device: compiled loops on a CPU, gsplat on a CUDA GPU."""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.extras import require_packages
from spikecam.resources import pick_device
from spikecam.views.camera import Camera
from spikecam.views.gaussians import Floats, Gaussians
from spikecam.views.rendering import render


class View(Protocol):
    """What every renderer gives: the attributes and methods of `RenderedView`."""

    @property
    def picture(self) -> Floats:
        """(C, H, W), not clipped."""

    @property
    def transmittance(self) -> Floats:
        """Share of the background that is seen, (H, W)."""

    @property
    def depth(self) -> Floats | None:
        """Mean distance by weight, (H, W); None where not asked."""

    def backward(self, by_picture: Floats) -> tuple[Gaussians, npt.NDArray[np.float64]]:
        """Gradients by the parameters and by the pose."""

    def add_gradients(self, gradients: Gaussians, by_picture: Floats) -> npt.NDArray[np.float64]:
        """Add the gradients to ``gradients``, and give that by the pose."""


class Renderer(Protocol):
    """A function with the arguments of `render`."""

    def __call__(
        self,
        gaussians: Gaussians,
        camera: Camera,
        *,
        background: npt.ArrayLike = 0.0,
        with_depth: bool = False,
    ) -> View:
        """Render a scene."""


def pick_renderer(device: str = "auto") -> Renderer:
    """Renderer of a device.

    Args:
        device: "cpu"; "cuda" or "cuda:N", which need gsplat; or "auto": a CUDA GPU where there is
            one and gsplat is installed, else the CPU.

    Raises:
        OptionError: an unknown device, one that is not here, or one that no renderer runs on.
        SpikecamError: gsplat is not installed.
    """
    chosen = pick_device(device)
    if chosen.type == "cpu" or (device == "auto" and importlib.util.find_spec("gsplat") is None):
        return render
    if chosen.type != "cuda":
        raise OptionError(f"scenes are rendered on cpu or cuda, not {device}; choose cpu")
    require_packages("gsplat", extra="gpu", purpose="rendering on a GPU")
    from spikecam.views.gsplat_rendering import render_gsplat

    return partial(render_gsplat, device=chosen)
