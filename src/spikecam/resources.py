"""Cores, threads, memory and devices that this process may use."""

from __future__ import annotations

import ctypes
import math
import os
import re
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from spikecam.errors import OptionError, ResourceError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "cuda:N", "mps")
_CGROUPS = Path("/sys/fs/cgroup")
# The variable that limits the cores which a process uses.
CORES_VARIABLE = "SPIKECAM_CORES"
# Those by which libraries limit their threads, when they are loaded.
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)
# For users, of the command line and the app.
OUT_OF_MEMORY = (
    "memory ran out; choose fewer frames or a smaller size, or where a method has them smaller "
    "tiles or fewer samples, and check that the size of the recording is right"
)


@cache
def usable_cores() -> int:
    """Number of cores that this process may use, by its affinity and its container's limit.

    A container's limit is a share of time (``docker run --cpus 1.5``), rounded up here. The
    environment variable ``SPIKECAM_CORES`` lowers it.

    Raises:
        OptionError: the variable is no whole number of at least 1.
    """
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on; it also heeds PYTHON_CPU_COUNT
        allowed = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:
        allowed = os.cpu_count() or 1
    limit = cgroup_core_limit()
    allowed = max(1, allowed if limit is None else min(allowed, math.ceil(limit)))
    chosen = os.environ.get(CORES_VARIABLE, str(allowed))
    if not re.fullmatch("0*[1-9][0-9]*", chosen):
        raise OptionError(f"{CORES_VARIABLE} is a number of cores from 1, not {chosen!r}")
    return min(allowed, int(chosen))


def limit_cores(cores: int) -> None:
    """Limit the cores and threads that this process uses, before it loads anything that computes.

    Libraries read how many threads they may start when they are loaded.
    """
    for name in (CORES_VARIABLE, *_THREAD_VARIABLES):
        os.environ[name] = str(cores)


def cgroup_core_limit(
    cgroup_folder: Path = _CGROUPS, membership_file: Path = Path("/proc/self/cgroup")
) -> float | None:
    """Limit of Linux control groups in cores; None where there is none.

    Args:
        cgroup_folder: where the groups are mounted.
        membership_file: the file that lists the groups of this process.
    """
    quotas = [
        _read_quota_v2(folder) if version == 2 else _read_quota_v1(folder)
        for version, folder in _cgroup_versions_and_folders("cpu", cgroup_folder, membership_file)
    ]
    return min((quota for quota in quotas if quota is not None), default=None)


def cgroup_memory_limit(
    cgroup_folder: Path = _CGROUPS, membership_file: Path = Path("/proc/self/cgroup")
) -> int | None:
    """Limit of Linux control groups in bytes of memory; arguments as `cgroup_core_limit`."""
    limits = []
    for version, folder in _cgroup_versions_and_folders("memory", cgroup_folder, membership_file):
        name = "memory.max" if version == 2 else "memory.limit_in_bytes"
        try:
            text = (folder / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal():  # "max" is none
            limits.append(int(text))
    return min(limits, default=None)


def _cgroup_versions_and_folders(
    controller: str, cgroup_folder: Path, membership_file: Path
) -> list[tuple[int, Path]]:
    """Versions and folders of the control groups that limit this process.

    Groups above them are included.
    """
    try:
        lines = membership_file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    folders: list[tuple[int, Path]] = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if not controllers:
            folders += [(2, folder) for folder in _group_and_parent_folders(cgroup_folder, group)]
        elif controller in controllers.split(","):
            top = (
                cgroup_folder / controllers
                if (cgroup_folder / controllers).is_dir()
                else cgroup_folder / controller
            )
            folders += [(1, folder) for folder in _group_and_parent_folders(top, group)]
    return folders


def _group_and_parent_folders(cgroup_folder: Path, group: str) -> list[Path]:
    """List the folders of a control group and of all groups that it is part of."""
    folder = cgroup_folder / group.lstrip("/")
    return [folder, *(parent for parent in folder.parents if parent.is_relative_to(cgroup_folder))]


def _read_quota_v2(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


def _read_quota_v1(folder: Path) -> float | None:
    try:
        quota = int((folder / "cpu.cfs_quota_us").read_text(encoding="ascii"))
        period = int((folder / "cpu.cfs_period_us").read_text(encoding="ascii"))
        return quota / period if quota > 0 else None
    except (OSError, ValueError):
        return None


@cache
def total_memory_bytes() -> int | None:
    """Total memory of this machine or container in bytes. None where it is unknown."""
    limit = cgroup_memory_limit()
    limits = [] if limit is None else [limit]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(limits, default=None)


def check_memory(
    needed_bytes: int, purpose: str, advice: str = "choose a smaller size or fewer frames"
) -> None:
    """Refuse work that needs more memory than the machine has in total.

    Args:
        needed_bytes: the least that the work needs at once.
        purpose: the work, for the message: "reading frames 0:100".
        advice: what to do, for the message.

    Raises:
        ResourceError: there is less.
    """
    total = total_memory_bytes()
    if total is not None and needed_bytes > total:
        raise ResourceError(
            f"{purpose} needs {needed_bytes / 1e9:,.1f} GB of memory, and {total / 1e9:,.1f} are "
            f"here; {advice}"
        )


def free_disk_bytes(path: Path) -> int:
    """Bytes that are free on the disk of a file or folder, which need not exist yet."""
    above = path.absolute()
    while not above.exists():
        above = above.parent
    return shutil.disk_usage(above).free


def return_free_memory() -> None:
    """Return memory that is free to the system, where the C library keeps it (glibc).

    It keeps what lies between blocks that are in use: after an hour of pictures of many sizes that
    is more than what is in use.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        # Another C library, which does so itself.
        return
    trim(0)


def is_process_running(process: int) -> bool:
    """Whether a process of this machine runs; True on Windows, where asking would end it."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out.

    One about a size larger than any array can have counts, too.
    """
    if isinstance(error, MemoryError):
        return True
    texts = ("not enough memory", "out of memory", "array is too big", "Maximum allowed dimension")
    return isinstance(error, (RuntimeError, ValueError)) and any(t in str(error) for t in texts)


def pick_device(device: str | torch.device = "auto") -> torch.device:
    """Device of a name; "auto" is a CUDA GPU where there is one, else the processor.

    Args:
        device: one of `DEVICES`, where N is the number of a GPU from 0, or a `torch.device`.

    Raises:
        OptionError: an unknown name, or a device that is not there.
    """
    import torch

    _limit_torch_threads()
    name = str(device)
    kind, _, number = name.partition(":")
    if not re.fullmatch("auto|(cpu|cuda|mps)(:[0-9]+)?", name):
        raise OptionError(f"a device is one of {', '.join(DEVICES)}, not {name!r}")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if kind == "auto":
        return torch.device("cuda" if gpus else "cpu")
    if kind == "cuda" and not gpus:
        raise OptionError(f"device {name} is not here: there is no CUDA device; choose cpu")
    if kind == "cuda" and number and int(number) >= gpus:
        numbers = "only cuda:0" if gpus == 1 else f"cuda:0 to cuda:{gpus - 1}"
        raise OptionError(f"device {name} is not here; there is {numbers}")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise OptionError("device mps is not here: it is the GPU of a Mac; choose cpu")
    return torch.device(name if kind == "cuda" else kind)


@cache
def _limit_torch_threads() -> None:
    """Limit the threads of PyTorch to the cores of the container."""
    import torch

    if torch.get_num_threads() > usable_cores():
        torch.set_num_threads(usable_cores())


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether the device computes with bfloat16 faster than with float32."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    if device.type != "cpu":
        return False
    found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(found.get("amx_bf16") or found.get("avx512_bf16"))
