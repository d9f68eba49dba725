"""Layers of a recording for napari, as plain tuples: the spikes, and the firing rate."""

from __future__ import annotations

from typing import Any

from spikecam.frames import longest_window
from spikecam.napari_plugin.lazy_pictures import LazyPictures
from spikecam.reconstruction.methods.tfp import TfpOptions
from spikecam.reconstruction.reconstruct import reconstruct
from spikecam.show.display import DisplayMapping
from spikecam.stream import SpikeStream

# Data, attributes, and the kind of the layer.
LayerData = tuple[Any, dict[str, Any], str]

AXES = ("frame", "row", "column")


def recording_layers(stream: SpikeStream, name: str) -> list[LayerData]:
    """Layers of a recording: its spikes, and above them its firing rate.

    Nothing is read but the middle, for the contrast; frames are read as the viewer shows them. The
    rate is that of TFP in its default window, or in the longest of a shorter recording. It begins
    half a window after the first frame, and is placed there.

    Args:
        stream: the recording.
        name: of the layers.
    """
    window = min(TfpOptions().window, longest_window(len(stream)))
    rate = LazyPictures(stream, "tfp", window=window)
    spikes = {"name": f"{name} spikes", "contrast_limits": (0, 1), "axis_labels": AXES}
    return [
        (stream, spikes, "image"),
        (rate, picture_attributes(rate, stream, name, "rate"), "image"),
    ]


def picture_attributes(
    pictures: LazyPictures, stream: SpikeStream, name: str, kind: str
) -> dict[str, Any]:
    """Attributes of a layer of pictures: name, contrast, and its place among the frames."""
    return {
        "name": f"{name} {kind}",
        "contrast_limits": contrast_limits(stream),
        "translate": (pictures.frames[0], 0, 0),
        "axis_labels": AXES,
    }


def contrast_limits(stream: SpikeStream) -> tuple[float, float]:
    """Firing rates to show as black and as white: the 1st and 99th percentile in the middle."""
    window = min(TfpOptions().window, longest_window(len(stream)))
    mapping = DisplayMapping.fit(reconstruct(stream, method="tfp", window=window))
    return mapping.black, mapping.white
