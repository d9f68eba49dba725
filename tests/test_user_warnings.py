import threading
import warnings

import pytest

from spikecam.user_warnings import collecting_warnings, warn_user


def test_a_warning_is_one_of_the_caller():
    with pytest.warns(UserWarning, match="too dark") as caught:
        warn_user("too dark")
    assert caught[0].filename == __file__


def test_each_thread_collects_its_own_warnings():
    count, rounds = 4, 200
    barrier, collected = threading.Barrier(count), {}

    def work(name):
        barrier.wait()
        for _ in range(rounds):
            with collecting_warnings() as sentences:
                warn_user(name)
                warn_user(name)
            collected.setdefault(name, []).append(sentences)

    filters, show = warnings.filters[:], warnings.showwarning
    threads = [threading.Thread(target=work, args=(f"warning {i}",)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert collected == {f"warning {i}": [[f"warning {i}"] * 2] * rounds for i in range(count)}
    assert (warnings.filters, warnings.showwarning) == (filters, show)
