"""Minimum speed-ups over plain implementations, which guard against regressions.

The bounds are about half of the least that was measured on two cores, at either size: machines
differ, and so do the ratios that hold on them. They catch a loop that is no longer compiled, or a
network that left bfloat16, not a loss of a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Times as fast as the plain way, of the same run, on the processor.
MIN_SPEEDUPS = {
    "decode": 0.4,
    "count": 4.0,
    "TFP, window 9": 1.0,
    "TFP, window 41": 3.0,
    "TFP, window 201": 7.0,
    "TFI": 20.0,
    "TFI, reach 20": 12.0,
    "TFSTP": 5.0,
    "simulate": 3.8,
    "SDM": 1.2,
}
# For networks, whose plain way is LDN's in float32, or of defocus its own module: where they
# compute in bfloat16, and elsewhere.
MIN_NETWORK_SPEEDUPS = {
    "bfloat16": {"teacher": 0.07, "ldn": 2.5, "refined": 0.4, "refined-small": 3.5, "defocus": 0.5},
    "float32": {"teacher": 0.02, "ldn": 0.7, "refined": 0.2, "refined-small": 1.4, "defocus": 0.5},
}


def find_regressions(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Find what is slower than its limit, as a sentence each.

    Args:
        rows: of `spikecam.bench.speed.measure_speed`; those of a GPU have no bounds.
    """
    found = {row["what"]: row for row in rows if row["device"] == "cpu"}
    kind = next((row["limit"] for row in found.values() if row["limit"] != "memory"), "float32")
    failures = []
    for what, least in {**MIN_SPEEDUPS, **MIN_NETWORK_SPEEDUPS[kind]}.items():
        if what not in found:
            failures.append(f"{what} was not measured")
        elif not found[what]["x plain"] >= least:
            row = found[what]
            failures.append(
                f"{what} is {row['x plain']:.2f} times as fast as {row['plain']}, and has to be "
                f"{least:g} times"
            )
    return failures
