"""The manual's page on training on several machines, whose two commands run here side by side."""

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import spikecam as sc

PAGE = Path(__file__).parents[2] / "docs" / "training-machines.md"
# What takes hours is cut short.
SHORT = {"--epochs": 1, "--batch": 2, "--crop": 16, "--workers": 0}


def test_two_nodes_train_one_network(tiny_set, tmp_path):
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("torchrun ")]
    assert len(lines) == 2
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for line in lines:
        line = line.replace("10.0.0.1", "127.0.0.1").replace("29500", str(port))
        line = line.replace(" set ", f" {shlex.quote(str(tiny_set))} ")
        for name, value in SHORT.items():
            line = re.sub(rf"{name} \d+", f"{name} {value}", line)
        _, *words = shlex.split(line)
        words += ["--steps", "2", "--width", "8", "--device", "cpu"]
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "torch.distributed.run", *words],
                cwd=tmp_path,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    try:
        first, second = (process.communicate(timeout=170)[0] for process in processes)
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], first + second
    assert re.search(r"^epoch 1/1: train/loss .*\n.*bsn\.safetensors: ", first, re.MULTILINE), first
    assert second == ""
    assert sc.load_weights(tmp_path / "run" / "bsn.safetensors")[0].config.width == 8
