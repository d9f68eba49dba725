"""spikecam: pictures from spike cameras.

    import spikecam as sc

    spikes = sc.open("car.dat", camera="gen2")
    image = sc.reconstruct(spikes, at=1500, method="tfi")
    sharp = sc.deblur("blur.png", spikes)
    sc.save("sharp.mp4", sharp)

Everything is loaded when it is first used: importing spikecam itself costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spikecam.deblurring.methods import deblur, deblurred_frames, exposure_of, spread_frames
    from spikecam.errors import (
        FileError,
        GeometryError,
        OptionError,
        OutputError,
        RangeError,
        SpikecamError,
    )
    from spikecam.io.geometry import CAMERAS
    from spikecam.io.pictures import read_picture, write_picture
    from spikecam.io.recording import open, write_recording
    from spikecam.io.save import check_save, kind_of, save
    from spikecam.io.video import read_video, video_frames, write_video
    from spikecam.reconstruction.methods import all_frames, frames, reconstruct
    from spikecam.show.contact import contact_sheet
    from spikecam.show.display import Display, display
    from spikecam.stream import SpikeStream
    from spikecam.survey import summary

_HOMES = {
    "deblurring.methods": ("deblur", "deblurred_frames", "exposure_of", "spread_frames"),
    "errors": (
        "FileError",
        "GeometryError",
        "OptionError",
        "OutputError",
        "RangeError",
        "SpikecamError",
    ),
    "io.geometry": ("CAMERAS",),
    "io.pictures": ("read_picture", "write_picture"),
    "io.recording": ("open", "write_recording"),
    "io.save": ("check_save", "kind_of", "save"),
    "io.video": ("read_video", "video_frames", "write_video"),
    "reconstruction.methods": ("all_frames", "frames", "reconstruct"),
    "show.contact": ("contact_sheet",),
    "show.display": ("Display", "display"),
    "stream": ("SpikeStream",),
    "survey": ("summary",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = [  # noqa: RUF022
    "open",
    "save",
    "SpikeStream",
    "reconstruct",
    "frames",
    "all_frames",
    "deblur",
    "deblurred_frames",
    "spread_frames",
    "exposure_of",
    "display",
    "Display",
    "contact_sheet",
    "summary",
    "read_picture",
    "write_picture",
    "read_video",
    "video_frames",
    "write_video",
    "write_recording",
    "check_save",
    "kind_of",
    "CAMERAS",
    "SpikecamError",
    "FileError",
    "GeometryError",
    "OptionError",
    "OutputError",
    "RangeError",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'spikecam' has no attribute {name!r}")
    value = getattr(import_module(f"spikecam.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
