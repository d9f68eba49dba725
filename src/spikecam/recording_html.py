"""HTML of a recording for notebooks: a small picture beside a table of facts."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

_LARGEST_SIDE = 240


def recording_html(facts: Mapping[str, str], rate: npt.NDArray[np.floating[Any]] | None) -> str:
    """Make the HTML of a recording.

    Args:
        facts: names and values of the table.
        rate: firing rate (H, W) to show, stretched for the eye. None shows the table alone.
    """
    rows = (f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in facts.items())
    table = f"<table>{''.join(rows)}</table>"
    if rate is None:
        return table
    source = f"data:image/png;base64,{b64encode(_png(rate)).decode()}"
    side_by_side = '<div style="display: flex; gap: 1em; align-items: center">'
    return f'{side_by_side}<img src="{source}" alt="firing rate in the middle">{table}</div>'


def _png(rate: npt.NDArray[np.floating[Any]]) -> bytes:
    """Small PNG of a firing rate, with 99 % of the pixels below white."""
    from PIL import Image  # not with every stream

    white = float(np.percentile(rate, 99)) or float(rate.max()) or 1.0
    image = Image.fromarray(np.rint(np.clip(rate / white, 0, 1) * 255).astype(np.uint8))
    image.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    file = BytesIO()
    image.save(file, format="PNG")
    return file.getvalue()
