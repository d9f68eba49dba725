"""Throughput of the networks on a device, beside the limit of that device."""

import pytest

from spikecam.bench import speed
from spikecam.bench.speed_inputs import QUICK

pytestmark = pytest.mark.gpu


def test_networks_reach_a_share_of_the_limit(device, capsys):
    if device == "cpu":
        pytest.skip("the processor is measured by spikecam bench speed")
    with capsys.disabled():
        print()
        rows = speed.measure_speed(QUICK, devices=[device], with_peak_memory=False)
    assert {row["what"] for row in rows} >= {"refined", "ldn", "defocus"}
    assert all(0 < row["share"] < 1.5 for row in rows)
