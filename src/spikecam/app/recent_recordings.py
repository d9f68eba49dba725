"""Recordings that were opened of late, also in earlier runs of the app."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from spikecam.app.text import path_from_url_text, path_to_url_text
from spikecam.errors import SpikecamError
from spikecam.io.atomic import atomic_path

_MAX_STORED = 50
_MAX_FILE_BYTES = 1_000_000


@dataclass(frozen=True)
class RecentRecording:
    """A recording that was opened, and how.

    Attributes:
        path: its place.
        camera: the camera's name, or (height, width), where a visitor gave it.
        rate: in frames per second, where a visitor gave it.
    """

    path: Path
    camera: str | tuple[int, int] | None = None
    rate: float | None = None


def list_recent() -> list[RecentRecording]:
    """List the recordings that were opened of late, the last one first.

    A file that cannot be read is as good as none.
    """
    try:
        path = _recent_path()
        if path.stat().st_size > _MAX_FILE_BYTES:
            return []
        return [_parse_entry(entry) for entry in json.loads(path.read_bytes())][:_MAX_STORED]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []


def remember_recent(recording: RecentRecording) -> None:
    """Remember that a recording was opened; nothing happens where that cannot be written."""
    others = [one for one in list_recent() if one.path != recording.path]
    entries = [_entry_of(one) for one in (recording, *others)[:_MAX_STORED]]
    path = _recent_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(entries, indent=1))
    except (OSError, SpikecamError):
        return


def _recent_path() -> Path:
    return platformdirs.user_state_path("spikecam") / "recent.json"


def _entry_of(recording: RecentRecording) -> dict[str, Any]:
    return {
        "path": path_to_url_text(recording.path),
        "camera": recording.camera,
        "rate": recording.rate,
    }


def _parse_entry(entry: dict[str, Any]) -> RecentRecording:
    camera, rate = entry["camera"], entry["rate"]
    if isinstance(camera, list):
        height, width = map(int, camera)
        camera = height, width
    elif camera is not None:
        camera = str(camera)
    path = path_from_url_text(entry["path"])
    return RecentRecording(path, camera, None if rate is None else float(rate))
