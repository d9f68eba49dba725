"""Check of the window of the refocuser's input, without torch."""

from __future__ import annotations

import numpy as np

from spikecam.errors import OptionError, RangeError
from spikecam.networks.configs.refocuser import RefocuserInputConfig
from spikecam.stream import SpikeStream


def check_window(
    stream: SpikeStream, window: int, config: RefocuserInputConfig | None = None
) -> None:
    """Refuse a window that is even or too short, and a recording that is too short for any.

    Raises:
        OptionError: it is no odd number of at least ``config.min_window``.
        RangeError: the recording has fewer frames than that.
    """
    min_window = (config or RefocuserInputConfig()).min_window
    if len(stream) < min_window:
        raise RangeError(
            f"defocus integrates at least {min_window} frames, and the recording has "
            f"{len(stream)}; choose tfi, or tfp with a window of fewer"
        )
    if not isinstance(window, (int, np.integer)) or window < min_window or window % 2 == 0:
        raise OptionError(
            f"the window of defocus is an odd number of frames, at least {min_window}, not "
            f"{window!r}"
        )
