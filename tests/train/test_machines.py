"""The manual's page on training on several machines, whose commands run here side by side."""

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import spikecam as sc

PAGE = Path(__file__).parents[2] / "docs" / "training-machines.md"
# What takes hours is cut short.
SHORT = {"--epochs": 1, "--batch": 2, "--crop": 16, "--workers": 0}


def start(folder, command, **environment):
    """Start a command in a folder, on one core."""
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait(processes):
    """Wait for both of two processes, and return what they print."""
    try:
        first, second = (process.communicate(timeout=170)[0] for process in processes)
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], first + second
    return first, second


@pytest.fixture
def port():
    """A free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def shorten(line, tiny_set):
    """The words of a command of the page on a tiny data set, after the name of the launcher."""
    line = line.replace(" set ", f" {shlex.quote(str(tiny_set))} ")
    for name, value in SHORT.items():
        line = re.sub(rf"{name} \d+", f"{name} {value}", line)
    return shlex.split(line)[1:]


def test_two_nodes_train_one_network(tiny_set, tmp_path, port):
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("torchrun ")]
    assert len(lines) == 2
    processes = []
    for line in lines:
        line = line.replace("10.0.0.1", "127.0.0.1").replace("29500", port)
        words = [*shorten(line, tiny_set), "--steps", "2", "--width", "8", "--device", "cpu"]
        command = [sys.executable, "-m", "torch.distributed.run", *words]
        processes.append(start(tmp_path, command))
    first, second = wait(processes)
    assert re.search(r"^epoch 1/1: train/loss .*\n.*bsn\.safetensors: ", first, re.MULTILINE), first
    assert second == ""
    assert sc.load_weights(tmp_path / "run" / "bsn.safetensors")[0].config.width == 8


def test_tasks_of_slurm_train_one_network(tiny_set, tmp_path, port):
    """With the variables that srun sets for one task on each of two machines."""
    (line,) = (line for line in PAGE.read_text().splitlines() if line.startswith("srun "))
    _, *words = shorten(line.replace("--devices 4", "--devices 1"), tiny_set)
    words += shlex.split("--epochs 1 --steps 1 --batch 1 --crop 64 --device cpu")
    task = {
        "SLURM_JOB_NAME": "train",
        "SLURM_JOB_ID": "7",
        "SLURM_STEP_ID": "0",
        "SLURM_NTASKS": "2",
        "SLURM_NTASKS_PER_NODE": "1",
        "SLURM_NNODES": "2",
        "SLURM_NODELIST": "node[1-2]",
        "SLURM_LOCALID": "0",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
    }
    processes = [
        start(tmp_path, [sys.executable, *words], **task, SLURM_PROCID=rank, SLURM_NODEID=rank)
        for rank in ("0", "1")
    ]
    first, second = wait(processes)
    assert re.search(r"^epoch 1/1: .*\n.*refined\.safetensors: ", first, re.MULTILINE), first
    assert "warning" not in first
    assert second == ""
