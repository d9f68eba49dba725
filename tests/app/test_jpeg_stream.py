"""Streams of pictures: their bytes."""

from spikecam.app.jpeg_stream import iter_multipart


def test_each_picture_is_followed_by_the_head_of_the_next():
    head = b"--picture\r\nContent-Type: image/jpeg\r\n\r\n"
    parts = list(iter_multipart([b"one", b"", b"two"]))
    assert parts == [head, b"one\r\n" + head, b"", b"two\r\n" + head]
