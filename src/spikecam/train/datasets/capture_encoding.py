"""Encoding of the pictures of captures: measured once for the rig that took all of them.

Each capture is measured by itself, so that neither its light nor its gain matters to the others.
The rig's curve is that of most captures where it has a name, else the median of the curves; its
colour weights are medians. Captures that do not tell, such as dark ones, do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from spikecam.data.pairs import Pair
from spikecam.deblurring.encoding_measurement import EncodingMeasurement, measure_encoding
from spikecam.encoding import AUTO, LINEAR, SRGB, Encoding, parse_encoding
from spikecam.errors import OutputError
from spikecam.exposure import resolve_exposure
from spikecam.reconstruction.charge import iter_span_charges

# Captures that are measured, spread evenly over all.
_MAX_CAPTURES = 32
# Values at which the median of curves is taken.
_CURVE_VALUES = np.linspace(0, 1, 257)


def with_encodings(
    pairs: Sequence[Pair],
    encoding: str,
    record: Path,
    say: Callable[[str], None] | None = None,
) -> list[Pair]:
    """Captures with the encoding of their pictures.

    Args:
        pairs: of one rig.
        encoding: notation of the encoding, see `parse_encoding`; "auto" keeps what data sets say of
            their pictures, and measures the encoding of those that say nothing.
        record: file of the measured encoding. One that is there is read in place of a measurement,
            so that a run that goes on has the same.
        say: takes a line on how the encoding was decided.

    Raises:
        FileError, OptionError: no encoding.
        OutputError: the record cannot be written.
    """
    if encoding != AUTO:
        chosen = parse_encoding(encoding)
        return [replace(pair, encoding=chosen, encoding_is_known=True) for pair in pairs]
    unknown = [pair for pair in pairs if not pair.encoding_is_known]
    if not unknown:
        return list(pairs)
    say = say or (lambda _: None)
    if record.exists():
        say(f"encoding of {record}, measured before")
    else:
        measured, fact = measure_rig_encoding(unknown)
        try:
            record.parent.mkdir(parents=True, exist_ok=True)
            measured.save(record)
        except OSError as error:
            raise OutputError(
                f"cannot write {record}: {error.strerror}; choose another place"
            ) from error
        say(fact)
    # As it is read, so that the first run and one that goes on are the same.
    chosen = parse_encoding(record)
    return [pair if pair.encoding_is_known else replace(pair, encoding=chosen) for pair in pairs]


def measure_rig_encoding(pairs: Sequence[Pair]) -> tuple[Encoding, str]:
    """Measure the encoding of the pictures of a rig from its captures.

    Args:
        pairs: with blurry pictures; at most 32 of them are measured.

    Returns:
        The encoding, and a sentence on how it was decided; sRGB where no capture tells.
    """
    step = -(-len(pairs) // _MAX_CAPTURES)
    measured = [_measure_pair(pair) for pair in pairs[::step]]
    certain = [one for one in measured if one is not None and one.is_certain]
    count = f"{len(certain)} of {len(measured)} captures"
    if not certain:
        return SRGB, f"encoding srgb: none of {len(measured)} captures tells another"
    names = Counter(one.encoding.name for one in certain)
    name, votes = names.most_common(1)[0]
    weights = np.median([one.encoding.colour_weights for one in certain], axis=0)
    red, green, blue = (float(weight) for weight in weights / weights.sum())
    named = {"linear": LINEAR, "srgb": SRGB}.get(name)
    if named is not None and 2 * votes > len(certain):
        encoding = named
    else:
        curves = [one.encoding.decode(_CURVE_VALUES) for one in certain]
        encoding = Encoding("measured", np.median(curves, axis=0).astype(np.float64))
    gammas = np.median([one.gamma for one in certain])
    fact = f"encoding {encoding} (gamma about {gammas:.2g}), measured from {count}"
    return replace(encoding, colour_weights=(red, green, blue)), fact


def _measure_pair(pair: Pair) -> EncodingMeasurement | None:
    stream = pair.stream()
    start, stop = resolve_exposure(stream)
    [charge] = iter_span_charges(stream, [(start, stop)])
    return measure_encoding(pair.blurry_picture(), charge / np.float32(stop - start))
