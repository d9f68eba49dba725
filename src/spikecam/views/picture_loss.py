"""Loss of rendered views against pictures, as 3D Gaussian splatting has it.

    loss = (1 - l) mean |e(P) - picture| + l (1 - SSIM(e(P), picture)),    l = 0.2

(Kerbl et al., SIGGRAPH 2023, Eq. 7), with e the encoding, so that values are compared as they are
displayed. P is the light of one view, or the mean light of views along the path in an exposure: the
blur model of DeblurGS (Oh et al., 2024) and BAD-Gaussians (Zhao et al., ECCV 2024), which also
refine the poses of the exposure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecam.errors import OptionError
from spikecam.views.dssim import dssim
from spikecam.views.gaussians import Floats
from spikecam.views.observations import Observation
from spikecam.views.predicted_light import (
    LightTable,
    check_measurement,
    light_gradient,
    predict_light,
)


@dataclass(frozen=True)
class PictureLoss:
    """Absolute errors and structural dissimilarity of displayed values; a `ViewLoss`.

    Attributes:
        dssim_share: share of the dissimilarity, l, from 0 to 1.
    """

    dssim_share: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.dssim_share <= 1:
            raise OptionError(
                f"the share of the dissimilarity is a number from 0 to 1, not {self.dssim_share:g}"
            )

    def __call__(
        self, views: Floats, observation: Observation, mixing: Floats, table: LightTable, /
    ) -> tuple[float, Floats]:
        """Compare views with a picture, as `ViewLoss`.

        Raises:
            GeometryError: pictures of other sizes.
            OptionError: a picture in which pixels weigh differently, such as a Bayer pattern.
        """
        weight = observation.weight
        if weight.size > 1 and weight.min() != weight.max():
            raise OptionError(
                "structural dissimilarity compares whole pictures, and pixels of this one weigh "
                "differently; fit Bayer patterns and bad pixels by the light that they measure"
            )
        target = observation.target.astype(np.float32)
        check_measurement(views, target, target, mixing)
        truth, _ = table.encode(target)
        picture, slope = table.encode(predict_light(views, mixing, table))
        error = picture - truth
        similar = np.float32(1 - self.dssim_share)
        loss = float(similar) * float(np.abs(error).mean(dtype=np.float64))
        by_picture = similar / np.float32(error.size) * np.sign(error)
        if self.dssim_share > 0:
            dissimilarity, by_structure = dssim(picture, truth)
            loss += self.dssim_share * dissimilarity
            by_picture += np.float32(self.dssim_share) * by_structure
        return loss, light_gradient(views, by_picture * slope, mixing, table)
