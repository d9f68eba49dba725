"""Widget of napari that opens raw recordings, which do not say the size of their frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import ComboBox, Container, FileEdit, PushButton, SpinBox

from spikecam.io.geometry import CAMERAS
from spikecam.io.recording import open as open_recording
from spikecam.napari_plugin.layers import recording_layers
from spikecam.napari_plugin.notifications import errors_as_notifications

if TYPE_CHECKING:
    from napari import Viewer

_OTHER_SIZE = "another size"
_LARGEST_SIDE = 10_000


class RawRecordingWidget(Container):
    """Widget with a file, a camera or a size, and a button that adds the layers.

    Args:
        napari_viewer: the viewer that the layers are added to.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        self._viewer = napari_viewer
        self.file_input = FileEdit(label="File", filter="*.dat", mode="r")
        self.camera_input = ComboBox(label="Camera", choices=[*CAMERAS, _OTHER_SIZE])
        self.width_input = SpinBox(label="Width", value=400, min=1, max=_LARGEST_SIDE)
        self.height_input = SpinBox(label="Height", value=250, min=1, max=_LARGEST_SIDE)
        self.button = PushButton(text="Open")
        sides = (self.width_input, self.height_input)
        super().__init__(widgets=[self.file_input, self.camera_input, *sides, self.button])
        self.camera_input.changed.connect(self._enable_sides)
        self.button.changed.connect(self.add_layers)
        self._enable_sides()

    def add_layers(self) -> None:
        """Add the layers of the file; the user's errors become notifications."""
        with errors_as_notifications():
            camera = self.camera_input.value
            shape = (self.height_input.value, self.width_input.value)
            stream = open_recording(
                self.file_input.value, shape if camera == _OTHER_SIZE else camera
            )
            for data, attributes, _ in recording_layers(stream, self.file_input.value.name):
                self._viewer.add_image(data, **attributes)

    def _enable_sides(self) -> None:
        for side in (self.width_input, self.height_input):
            side.enabled = self.camera_input.value == _OTHER_SIZE
