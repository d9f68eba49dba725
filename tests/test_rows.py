import os
import signal
import threading
import time

import pytest

from spikecam.rows import run_over_rows


def test_every_row_is_visited_once():
    for height in (0, 1, 2, 7, 250):
        spans = []
        lock = threading.Lock()

        def kernel(first, last, spans=spans, lock=lock):
            with lock:
                spans.append((first, last))

        run_over_rows(kernel, height)
        visited = sorted(row for span in spans for row in range(*span))
        assert visited == list(range(height))


def test_a_failing_kernel_is_heard():
    def kernel(first, last):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_over_rows(kernel, 4)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    run_over_rows(lambda first, last: None, 4)
    child = os.fork()
    if not child:
        run_over_rows(lambda first, last: None, 4)
        os._exit(7)
    deadline = time.monotonic() + 20
    ended = (0, 0)
    while not ended[0] and time.monotonic() < deadline:
        ended = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    if not ended[0]:
        os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(ended[1]) == 7
