"""Files of checkpoints."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from spikecam.io.atomic import atomic_path


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes checkpoints atomically: a file is whole, or stays what it was.

    Lightning's own are moved from the system's temporary folder, which on another disk is a copy
    that can be cut short; these are written beside the old one, and renamed.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        """Save a checkpoint: write it beside the file, then rename."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        with atomic_path(Path(path)) as temporary:
            # Not by torch itself, which does not report that the disk is full.
            temporary.write_bytes(content.getbuffer())
