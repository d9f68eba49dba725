"""Widget of napari that reconstructs the recording of a layer, as a new lazy layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox, Container, PushButton
from superqt.utils import ensure_main_thread

from spikecam.errors import OptionError
from spikecam.method import Method, Takes, all_methods, find_method
from spikecam.napari_plugin.layers import picture_attributes
from spikecam.napari_plugin.lazy_pictures import BackgroundPictures
from spikecam.napari_plugin.notifications import errors_as_notifications, notify_error
from spikecam.napari_plugin.option_inputs import option_input, option_value
from spikecam.option_fields import list_option_fields
from spikecam.reconstruction.method_choice import AUTO
from spikecam.stream import SpikeStream

if TYPE_CHECKING:
    from napari import Viewer


class ReconstructionWidget(Container):
    """Widget with a recording, a method, its options, and a button that adds the layer.

    Args:
        napari_viewer: the viewer whose layers are offered.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        self._viewer = napari_viewer
        self.recording_input = ComboBox(label="Recording", choices=self._recording_layers)
        methods = [method.name for method in all_methods(Takes.SPIKES) if method.has_weights]
        self.method_input = ComboBox(label="Method", choices=[AUTO, *methods])
        self.option_inputs = Container(label="Options", labels=True)
        self.button = PushButton(text="Reconstruct")
        super().__init__(
            widgets=[self.recording_input, self.method_input, self.option_inputs, self.button]
        )
        self.method_input.changed.connect(self._show_options)
        self.button.changed.connect(self.add_layer)

    def add_layer(self) -> None:
        """Add the layer of the chosen recording and method; its pictures are made as it is shown.

        The user's errors become notifications.
        """
        with errors_as_notifications():
            layer = self.recording_input.value
            if layer is None:
                raise OptionError("no layer holds a recording; open one, such as a .dat file")
            stream, method = layer.data, self.method_input.value
            pictures = BackgroundPictures(
                stream,
                method,
                on_picture=self._refresh,
                on_error=ensure_main_thread(notify_error),
                **self._option_values(),
            )
            name = layer.name.removesuffix(" spikes")
            attributes = picture_attributes(pictures, stream, name, method)
            self._viewer.add_image(pictures, **attributes)

    @ensure_main_thread
    def _refresh(self) -> None:
        """Show again what has changed; layers may have been removed since it was asked for."""
        for layer in self._viewer.layers:
            if isinstance(layer.data, BackgroundPictures):
                layer.refresh()

    def _recording_layers(self, _input: Any) -> list[Any]:
        return [layer for layer in self._viewer.layers if isinstance(layer.data, SpikeStream)]

    def _declaration(self) -> Method | None:
        name = self.method_input.value
        return None if name == AUTO else find_method(name, Takes.SPIKES)

    def _show_options(self) -> None:
        method = self._declaration()
        self.option_inputs.clear()
        if method is not None:
            self.option_inputs.extend(map(option_input, list_option_fields(method)))

    def _option_values(self) -> dict[str, Any]:
        method = self._declaration()
        fields = list_option_fields(method) if method is not None else []
        return {
            field.name: option_value(field, self.option_inputs[field.name].value)
            for field in fields
        }
