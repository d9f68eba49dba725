from itertools import count

import numpy as np
import pytest

from spikecam.bench.machine_limits import matrix_product_limit, memory_copy_limit
from spikecam.bench.timing import first_and_median_item_seconds, median_seconds_in_turns


def test_functions_are_called_in_turns():
    called = []
    names = [lambda: called.append("ours"), lambda: called.append("plain")]
    assert len(median_seconds_in_turns(names, 2)) == 2
    assert called == ["ours", "ours", "plain", "ours", "plain"]


def test_what_is_quick_is_called_more_often():
    numbers = count()
    median_seconds_in_turns([lambda: next(numbers)], 1, min_seconds=0.01)
    assert next(numbers) > 3


def test_items_are_taken_in_turns():
    taken = []

    def run(name):
        for i in range(9):
            taken.append((name, i))
            yield i

    runs = [run("ours"), run("plain")]
    assert len(first_and_median_item_seconds(runs, 1)) == 2
    assert taken == [("ours", 0), ("plain", 0), ("ours", 1), ("plain", 1)]


def test_more_items_are_taken_while_there_are_some():
    left = iter(range(9))
    ((first, later),) = first_and_median_item_seconds([left], 1, min_seconds=60)
    assert min(first, later) > 0
    assert list(left) == []
    with pytest.raises(ValueError, match="before 3 items"):
        first_and_median_item_seconds([iter(range(2))], 2)


def test_limits_do_what_they_count(monkeypatch):
    copied, copy = [], np.copyto
    monkeypatch.setattr(np, "copyto", lambda to, of: (copied.append(len(to)), copy(to, of)))
    limit = memory_copy_limit(1001)
    limit.run()
    assert 2 * sum(copied) == limit.amount
    assert matrix_product_limit(8, "cpu").amount == 2 * 8**3
    matrix_product_limit(8, "cpu").run()
