"""What a page says of errors."""

from types import SimpleNamespace

import pytest

from spikecam.app import notices
from spikecam.app.live_page import status_line


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory")])
def test_memory_that_ran_out_is_no_fault_of_the_program(monkeypatch, caplog, error):
    said = []
    monkeypatch.setattr(notices, "notify", lambda sentence, **options: said.append(sentence))
    notices.report_unexpected_error(error)
    assert [sentence[:38] for sentence in said] == ["Memory ran out; choose fewer frames or"]
    assert not caplog.records
    assert status_line(SimpleNamespace(error=error)).startswith("memory ran out; choose fewer")
