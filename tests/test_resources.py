import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from spikecam.errors import OptionError
from spikecam.resources import (
    cgroup_core_limit,
    cgroup_memory_limit,
    is_process_running,
    pick_device,
    return_free_memory,
    usable_cores,
)


def group(root, files):
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name).write_text(text)


def test_the_tightest_limit_of_a_group_and_its_parents_counts(tmp_path):
    member = tmp_path / "cgroup"
    member.write_text("0::/pods/one\n")
    root = tmp_path / "fs"
    group(root / "pods" / "one", {"cpu.max": "max 100000\n"})
    assert cgroup_core_limit(root, member) is None
    group(root / "pods", {"cpu.max": "150000 100000\n"})
    assert cgroup_core_limit(root, member) == 1.5
    group(root / "pods" / "one", {"cpu.max": "400000 100000\n"})
    assert cgroup_core_limit(root, member) == 1.5


def test_the_first_version_of_groups_has_quota_and_period(tmp_path):
    member = tmp_path / "cgroup"
    member.write_text("4:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n")
    root = tmp_path / "fs"
    # Within a container its group is the root of what is mounted.
    group(root / "cpu,cpuacct", {"cpu.cfs_quota_us": "200000", "cpu.cfs_period_us": "100000"})
    assert cgroup_core_limit(root, member) == 2
    group(root / "cpu,cpuacct", {"cpu.cfs_quota_us": "-1"})
    assert cgroup_core_limit(root, member) is None


def test_systems_without_groups_have_no_limit(tmp_path):
    assert cgroup_core_limit(tmp_path, tmp_path / "none") is None


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_cores_are_those_of_the_affinity():
    one = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{one}}})\n"
    code += "from spikecam.resources import usable_cores; print(usable_cores())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "1"


def test_a_share_of_a_core_counts_as_one(monkeypatch):
    monkeypatch.setattr("spikecam.resources.cgroup_core_limit", lambda: 0.5)
    usable_cores.cache_clear()
    assert usable_cores() == 1
    usable_cores.cache_clear()


def test_cores_are_limited_by_the_environment(monkeypatch):
    code = "from spikecam.resources import limit_cores, usable_cores; limit_cores(1)\n"
    code += "import torch; print(usable_cores(), torch.get_num_threads())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", "1"]
    usable_cores.cache_clear()
    whole = usable_cores()
    for text, cores in (("1", 1), (str(whole + 7), whole)):
        usable_cores.cache_clear()
        monkeypatch.setenv("SPIKECAM_CORES", text)
        assert usable_cores() == cores
    usable_cores.cache_clear()
    monkeypatch.setenv("SPIKECAM_CORES", "0")
    with pytest.raises(OptionError, match="SPIKECAM_CORES is a number of cores from 1, not '0'"):
        usable_cores()
    monkeypatch.delenv("SPIKECAM_CORES")
    usable_cores.cache_clear()


def test_devices_by_name_and_as_objects(monkeypatch):
    assert pick_device("cpu") == pick_device(torch.device("cpu")) == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device() == pick_device("cuda") == torch.device("cuda")
    assert pick_device("cuda:1") == pick_device(torch.device("cuda", 1)) == torch.device("cuda:1")
    with pytest.raises(OptionError, match="cuda:2 is not here; there is cuda:0 to cuda:1"):
        pick_device("cuda:2")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("mps") == torch.device("mps")


def test_devices_that_are_not_there_are_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick_device() == torch.device("cpu")
    for name in ("cuda", "cuda:0", "mps"):
        with pytest.raises(OptionError, match=f"device {name} is not here"):
            pick_device(name)
    for name in ("gpu", "cuda:x", "cuda:-1", "meta", "", "auto:3", "cpu:", "cuda:"):
        with pytest.raises(OptionError, match="a device is one of auto, cpu, cuda, cuda:N, mps"):
            pick_device(name)


def test_resources_load_no_torch():
    code = "import sys, spikecam.resources; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_the_memory_of_a_nested_group_is_the_tightest_limit(tmp_path):
    member = tmp_path / "cgroup"
    member.write_text("0::/pods/one\n")
    root = tmp_path / "fs"
    group(root / "pods" / "one", {"memory.max": "3000\n"})
    group(root / "pods", {"memory.max": "5000\n"})
    group(root, {"memory.max": "max\n"})
    assert cgroup_memory_limit(root, member) == 3000
    member.write_text("3:memory:/docker/abc\n")
    assert cgroup_memory_limit(root, member) is None
    group(root / "memory" / "docker" / "abc", {"memory.limit_in_bytes": "7000\n"})
    assert cgroup_memory_limit(root, member) == 7000


def test_a_process_runs_until_it_has_ended():
    with subprocess.Popen(["sleep", "60"]) as process:
        assert is_process_running(process.pid)
        process.kill()
    assert not is_process_running(process.pid)
    assert is_process_running(1)  # not ours, or one that always runs


def test_memory_that_is_free_is_returned_where_the_c_library_can(monkeypatch):
    calls = []
    library = SimpleNamespace(malloc_trim=calls.append)
    monkeypatch.setattr("ctypes.CDLL", lambda name: library)
    return_free_memory()
    assert calls == [0]
    monkeypatch.setattr("ctypes.CDLL", lambda name: SimpleNamespace())
    return_free_memory()
