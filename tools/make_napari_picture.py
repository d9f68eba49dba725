"""Make the picture of docs/napari.md: the sample in napari's window, reconstructed.

    python tools/make_napari_picture.py [FOLDER]

Writes napari.jpg; needs the extra napari, PyQt6 and a screen, which may be a virtual one:
LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -s "-screen 0 1400x900x24" python tools/make_napari_picture.py.
"""

import sys
import time
from pathlib import Path

import napari
from PIL import Image
from qtpy.QtWidgets import QApplication, QPushButton

from spikecam import sample

FRAME = 68
# Until the pictures of the sample are made.
RECONSTRUCTION_SECONDS = 40


def process_events(seconds):
    """Let the window work."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.instance().processEvents()
        time.sleep(0.02)


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    viewer = napari.Viewer()
    viewer.window.resize(1200, 640)
    viewer.open(sample.SPIKES, plugin="spikecam")
    viewer.window.add_plugin_dock_widget("spikecam", "Reconstruct")
    viewer.dims.set_current_step(0, FRAME)
    process_events(1)
    buttons = viewer.window._qt_window.findChildren(QPushButton)
    next(button for button in buttons if button.text() == "Reconstruct").click()
    process_events(RECONSTRUCTION_SECONDS)
    viewer.reset_view()
    process_events(2)
    picture = viewer.screenshot(canvas_only=False, flash=False)[..., :3]
    Image.fromarray(picture).save(out / "napari.jpg", quality=88, optimize=True)
    viewer.close()


if __name__ == "__main__":
    main()
