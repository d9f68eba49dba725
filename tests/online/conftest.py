"""Disks that are slow or full, for recordings of moments."""

import time

import pytest

from spikecam.online.moment_recorder import MomentRecorder


@pytest.fixture
def slow_disk(monkeypatch):
    """Gives a function: from then on each part of a moment takes so many seconds to write."""
    parts = MomentRecorder._iter_parts

    def slow_down(seconds):
        def iter_slowly(self, moment):
            for part in parts(self, moment):
                time.sleep(seconds)
                yield part

        monkeypatch.setattr(MomentRecorder, "_iter_parts", iter_slowly)

    return slow_down


@pytest.fixture
def full_disk(monkeypatch):
    """No part of a moment can be written."""

    def fail(self, moment):
        raise OSError(28, "No space left on device")
        yield

    monkeypatch.setattr(MomentRecorder, "_iter_parts", fail)
