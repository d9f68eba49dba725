"""Options of a scene of Gaussians that is fitted to what a moving camera recorded."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from spikecam.encoding import parse_encoding
from spikecam.errors import OptionError
from spikecam.method import Takes, find_method
from spikecam.views.fitting import FitOptions

# Method that stands for windows of charge.
CHARGE = "charge"


@dataclass(frozen=True)
class SplatOptions:
    """Options of a fit to spikes, photographs or pictures.

    Attributes:
        method: "charge", windows of charge; or a method of reconstruct, whose pictures the scene is
            fitted to.
        window: frames of a window; by default as many as leave things nearly in place, or those of
            the method.
        views: rendered for each window, along the path; by default as many as its motion needs.
        windows: number of windows, evenly over the recording.
        white_rate: spikes a frame of white, above the dark; by default measured.
        dark_rate: spikes a frame without light; by default measured.
        bayer: pixels see one colour each of an RGGB mosaic.
        exposure: frames of the exposure of photographs, where their file does not say it.
        encoding: of photographs, pictures and the scene's colours.
        degree: of the spherical harmonics, 0 to 3.
        refine_poses: correct the poses together with the scene, and write them beside it.
        exposure_poses: of plain pictures that are blurry: each is the mean of views between two
            poses, those of the start and the end of its exposure, which are fitted together with
            the scene (BAD-Gaussians).
        fit: options of the fit.

    Raises:
        OptionError: options that cannot be.
    """

    method: str = CHARGE
    window: int | None = None
    views: int | None = None
    windows: int = 2000
    white_rate: float | None = None
    dark_rate: float | None = None
    bayer: bool = False
    exposure: int | None = None
    encoding: str = "srgb"
    degree: int = 1
    refine_poses: bool = False
    exposure_poses: bool = False
    fit: FitOptions = field(default_factory=FitOptions)

    def __post_init__(self) -> None:
        for name in ("window", "views", "windows", "exposure"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise OptionError(f"{name} is at least 1, not {value}")
        if not 0 <= self.degree <= 3:
            raise OptionError(f"the degree of spherical harmonics is 0 to 3, not {self.degree}")
        if self.white_rate is not None and not 0 < self.white_rate <= 1:
            raise OptionError(
                f"white fires above 0 and at most 1 time a frame, not {self.white_rate:g}"
            )
        if self.dark_rate is not None and not 0 <= self.dark_rate < 1:
            raise OptionError(
                f"the dark fires from 0 to below 1 time a frame, not {self.dark_rate:g}"
            )
        parse_encoding(self.encoding)
        if self.method != CHARGE:
            find_method(self.method, Takes.SPIKES)
            if self.bayer:
                raise OptionError(
                    f"pictures of {self.method} do not know a mosaic of colours; leave out bayer, "
                    f"or choose {CHARGE}"
                )

    def values(self) -> dict[str, Any]:
        """All options by name, those of the fit among them."""
        values = asdict(self)
        of_fit: dict[str, Any] = values.pop("fit")
        return values | of_fit
