"""Where networks run, and how exactly."""

from __future__ import annotations

import torch


def pick_device(device: str = "auto") -> torch.device:
    """The device of that name; by default a GPU where there is one, else the processor."""
    if device != "auto":
        return torch.device(device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def short_floats(device: torch.device) -> bool:
    """Whether the device computes with bfloat16 faster than with float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(found.get("amx_bf16") or found.get("avx512_bf16"))
