"""What a page says of errors."""

from types import SimpleNamespace

import pytest

from spikecam.app import notices
from spikecam.app.live_status import format_live_status


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory")])
def test_memory_that_ran_out_is_no_fault_of_the_program(monkeypatch, caplog, error):
    said = []
    monkeypatch.setattr(notices, "show_notice", lambda sentence, **options: said.append(sentence))
    notices.report_unexpected_error(error)
    assert [sentence[:38] for sentence in said] == ["Memory ran out; choose fewer frames or"]
    assert not caplog.records
    assert format_live_status(SimpleNamespace(error=error), 0, 0).startswith(
        "memory ran out; choose fewer"
    )
