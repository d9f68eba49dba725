import threading

import pytest

from spikecam.reconstruction.rows import over_rows


def test_every_row_is_visited_once():
    for height in (1, 2, 7, 250):
        spans = []
        lock = threading.Lock()

        def kernel(first, last, spans=spans, lock=lock):
            with lock:
                spans.append((first, last))

        over_rows(kernel, height)
        visited = sorted(row for span in spans for row in range(*span))
        assert visited == list(range(height))


def test_a_failing_kernel_is_heard():
    def kernel(first, last):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        over_rows(kernel, 4)
