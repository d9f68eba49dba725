"""Every test here computes on one thread."""

import pytest


@pytest.fixture(autouse=True)
def _on_one_thread(one_thread):
    pass
