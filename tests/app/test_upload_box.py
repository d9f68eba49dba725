"""What takes uploads, without a browser."""

import gc
import weakref

from nicegui import Client, ui

from spikecam.app.upload_box import UploadBox


def test_the_element_which_the_web_server_holds_does_not_hold_the_page():
    with Client(ui.page("")):
        box = UploadBox(None, 1000, None, None)
        element, reference = box._upload, weakref.ref(box)
        del box
        gc.collect()
    assert reference() is None
    # Events that come late find nobody.
    for handler in element._upload_handlers:
        assert handler(None) is None
