"""Uploads and drops, and what the page says when the server ends."""

import base64
import signal
from urllib.parse import urlsplit

import numpy as np

import spikecam as sc

DROP = """([name, content]) => {
    const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name));
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
    return !document.querySelector(".frame, body").dispatchEvent(new DragEvent("drop", options));
}"""


def test_files_are_taken_wherever_they_are_dropped(served, page, tmp_path):
    recording, picture = tmp_path / "mine.npz", tmp_path / "blur.png"
    sc.save(recording, sc.SpikeStream.from_array(np.ones((60, 8, 16))))
    sc.save(picture, np.full((32, 64), 0.5))
    (tmp_path / "bad.png").write_bytes(b"text")
    address, process = served("app", "--upload", "0.001")
    page.goto(address)
    choose = page.locator("input[type=file]")
    choose.set_input_files(tmp_path / "bad.png")
    notice = page.get_by_text("bad.png is not a readable picture")
    notice.wait_for()
    choose.set_input_files(picture)
    page.get_by_text("blur.png is uploaded; open the recording that belongs to it").wait_for()
    # The error has gone with its cause.
    notice.wait_for(state="detached")
    assert page.get_by_role("button", name="Remove bad.png").count() == 0
    content = base64.b64encode(recording.read_bytes()).decode()
    assert page.evaluate(DROP, ["mine.npz", content])
    page.get_by_text("60 frames of unknown rate").wait_for()
    assert page.evaluate(DROP, ["mine.npz", content])
    page.get_by_text("mine-2.npz").first.wait_for()
    page.get_by_role("tab", name="Open").click()
    page.get_by_role("button", name="Remove mine-2.npz").click()
    page.get_by_role("button", name="Remove mine-2.npz").wait_for(state="detached")
    page.get_by_role("button", name="Remove mine.npz").wait_for()

    process.send_signal(signal.SIGINT)
    page.get_by_text("spikecam does not answer").wait_for()
    process.wait(timeout=20)
    served("app", "--port", urlsplit(address).port)
    page.get_by_text("This run of spikecam has ended, and another has begun").wait_for()
    assert page.errors == []
