"""Where networks run, and how exactly."""

from __future__ import annotations

import torch

from spikecam.errors import OptionError

DEVICES = ("auto", "cpu", "cuda")


def pick_device(device: str = "auto") -> torch.device:
    """The device of that name; by default a GPU where there is one, else the processor.

    Raises:
        OptionError: an unknown name, or a GPU that is not there.
    """
    if device not in DEVICES:
        raise OptionError(f"a device is one of {', '.join(DEVICES)}, not {device!r}")
    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise OptionError("no CUDA device is here; choose cpu")
    return torch.device("cuda" if found and device != "cpu" else "cpu")


def short_floats(device: torch.device) -> bool:
    """Whether the device computes with bfloat16 faster than with float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(found.get("amx_bf16") or found.get("avx512_bf16"))
