"""The widgets in a viewer of napari, without a window."""

import os
import shutil
import time

import numpy as np
import pytest

import spikecam as sc
from spikecam import sample

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
pytest.importorskip("napari", reason="needs the extra napari, and PyQt6 or PySide6")
pytest.importorskip("qtpy", reason="needs PyQt6 or PySide6", exc_type=ImportError)
# What napari and Qt warn of is theirs.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def app():
    from napari.qt import get_qapp

    return get_qapp()


@pytest.fixture
def viewer(app):
    from napari.components import ViewerModel

    return ViewerModel()


@pytest.fixture
def guarded(viewer):
    """The viewer as plugins get it."""
    from napari.utils._proxies import PublicOnlyProxy

    return PublicOnlyProxy(viewer)


@pytest.fixture
def notices():
    """Messages of napari's notifications so far, from the last call on."""
    from napari.utils.notifications import notification_manager

    notification_manager.records.clear()
    return lambda: [notice.message for notice in notification_manager.records]


@pytest.fixture
def recording(viewer, spikes):
    from spikecam.napari_plugin.layers import recording_layers

    stream = sc.SpikeStream.from_array(spikes(60, 12, 16))
    for data, about, _ in recording_layers(stream, "car"):
        viewer.add_image(data, **about)
    return stream


@pytest.fixture
def reconstruction(guarded, recording):
    from spikecam.napari_plugin.reconstruction_widget import ReconstructionWidget

    return ReconstructionWidget(guarded)


def shown(viewer):
    """Pixels of the last layer as the viewer shows them."""
    return np.asarray(viewer.layers[-1]._slice.image.view)


def test_the_viewer_slices_spikes_and_rate(viewer, recording):
    viewer.dims.set_current_step(0, 30)
    assert np.array_equal(shown(viewer), sc.reconstruct(recording, 30, "tfp"))
    viewer.layers.pop()
    assert np.array_equal(shown(viewer), recording[30])


def test_the_widget_adds_a_layer_whose_pictures_come_later(app, viewer, recording, reconstruction):
    assert [layer.name for layer in reconstruction.recording_input.choices] == ["car spikes"]
    reconstruction.method_input.value = "tfp"
    reconstruction.option_inputs["window"].value = 21
    reconstruction.button.changed.emit(True)
    assert viewer.layers[-1].name == "car tfp"
    viewer.dims.set_current_step(0, 40)
    expected = sc.reconstruct(recording, 40, "tfp", window=21)
    for _ in range(500):
        app.processEvents()
        if np.array_equal(shown(viewer), expected):
            break
        time.sleep(0.01)
    assert np.array_equal(shown(viewer), expected)


def test_options_are_those_of_the_method(reconstruction):
    assert len(reconstruction.option_inputs) == 0
    assert "wgse" not in reconstruction.method_input.choices
    for method in reconstruction.method_input.choices:
        reconstruction.method_input.value = method
        values = reconstruction._option_values()
        if method != "auto":
            declared = sc.find_method(method, sc.Takes.SPIKES)
            assert declared.parse_options(values) == declared.options()


def test_errors_are_notifications(viewer, reconstruction, notices):
    reconstruction.method_input.value = "tfp"
    reconstruction.option_inputs["window"].value = 20
    reconstruction.button.changed.emit(True)
    assert notices() == ["a window is an odd number of frames, at least 1, not 20"]
    reconstruction.method_input.value = "fusion"
    reconstruction.option_inputs["lens_blur"].value = "much"
    reconstruction.button.changed.emit(True)
    assert notices()[1:] == ["Lens blur is a number, not 'much'"]
    assert len(viewer.layers) == 2


def test_an_error_in_the_thread_is_a_notification(
    app, viewer, recording, reconstruction, notices, monkeypatch
):
    def fail(*args, **options):
        raise MemoryError("no room")

    monkeypatch.setattr("spikecam.napari_plugin.lazy_pictures.reconstruct", fail)
    reconstruction.method_input.value = "tfp"
    reconstruction.button.changed.emit(True)
    for _ in range(500):
        app.processEvents()
        if notices():
            break
        time.sleep(0.01)
    assert notices()[0] == "MemoryError: no room"
    assert np.isnan(shown(viewer)).all()


def test_without_a_recording_there_is_nothing_to_reconstruct(guarded, notices):
    from spikecam.napari_plugin.reconstruction_widget import ReconstructionWidget

    ReconstructionWidget(guarded).button.changed.emit(True)
    assert notices() == ["no layer holds a recording; open one, such as a .dat file"]


def test_a_raw_file_is_opened_with_its_size(guarded, viewer, notices, tmp_path):
    from spikecam.napari_plugin.raw_recording_widget import RawRecordingWidget

    shutil.copyfile(sample.SPIKES, tmp_path / "bare.dat")
    widget = RawRecordingWidget(guarded)
    assert not widget.width_input.enabled
    widget.file_input.value = tmp_path / "bare.dat"
    widget.button.changed.emit(True)
    assert "do not fit" in notices()[0] or "bare.dat" in notices()[0]
    widget.camera_input.value = "another size"
    assert widget.width_input.enabled
    widget.width_input.value, widget.height_input.value = 320, 180
    widget.button.changed.emit(True)
    assert [layer.name for layer in viewer.layers] == ["bare.dat spikes", "bare.dat rate"]
