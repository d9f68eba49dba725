"""Ours and the plain way make as many pictures of the same size; what is said to be moved is."""

import numpy as np
import pytest

from spikecam.bench.peak_memory import own_peak_memory, peak_memory_of_module
from spikecam.bench.workloads import all_workloads

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(
    "workload",
    [w for w in all_workloads() if not w.per_picture],
    ids=lambda workload: workload.name,
)
def test_loops_do_what_is_counted(workload, tiny_inputs):
    made = [np.asarray(one) for one in workload.run(tiny_inputs, "cpu")]
    count, height, width = workload.count_and_size(tiny_inputs)
    plain = list(workload.run_plain(tiny_inputs, "cpu"))
    assert len(made) == len(plain)
    if len(made) > 1:
        assert {(len(made), *one.shape[:2]) for one in made} == {(count, height, width)}
        made_of = tiny_inputs.blur_spikes if workload.name == "SDM" else tiny_inputs.recording
        read = made_of.packed().nbytes + count * (workload.name == "SDM") * tiny_inputs.blur.nbytes
        assert workload.bytes_moved(tiny_inputs) == read + sum(one.nbytes for one in made)
    else:
        # Unpacked frames, or one picture of all.
        assert made[0].shape in {(count, height, width), (height, width)}


@pytest.mark.parametrize(
    "workload", [w for w in all_workloads() if w.per_picture], ids=lambda workload: workload.name
)
def test_networks_make_pictures(workload, tiny_inputs):
    count, *size = workload.count_and_size(tiny_inputs)
    assert count == 1
    expected = size if workload.name == "defocus" else [*size, 3]
    ours, plain = (
        next(iter(run(tiny_inputs, "cpu"))) for run in (workload.run, workload.run_plain)
    )
    assert list(ours.shape) == expected
    # Of whole units of pixels.
    assert np.prod(plain.shape) >= np.prod(expected)


def test_ldn_and_its_plain_module_make_the_same_picture(tiny_inputs):
    (workload,) = (workload for workload in all_workloads() if workload.name == "ldn")
    plain = next(iter(workload.run_plain(tiny_inputs, "cpu")))[0].permute(1, 2, 0).numpy()
    assert np.abs(next(iter(workload.run(tiny_inputs, "cpu"))) - plain).max() < 0.02


@pytest.mark.skipif(own_peak_memory() is None, reason="this system does not tell peaks")
def test_a_process_of_its_own_tells_its_peak(tiny_inputs):
    held = np.ones(300 << 20, np.uint8)
    peak = peak_memory_of_module(
        "spikecam.bench.workloads", "decode", str(tiny_inputs.folder), "cpu"
    )
    assert 10e6 < peak < 250e6 < held.nbytes <= own_peak_memory()
