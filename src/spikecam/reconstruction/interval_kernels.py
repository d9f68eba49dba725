"""Compiled loops over intervals between spikes, by vectors of the pixels of a word.

Loops stand beside the vector instructions that they use: Numba's cache knows of one file alone. A
word, uint64 or uint8, holds the spikes of 64 or 8 pixels that lie side by side. Its bits are the
mask of one choice for all of them: with AVX-512 one instruction for 32 pixels. A loop over pixels
would first look up a byte for each bit.

Arrays are contiguous, of one dimension, and hold all pixels from ``first`` on that a word has;
nothing is checked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, njit, types

# Its type would say that functions are called with the context of the compiler, too.
intrinsic: Any = extending.intrinsic

# Pixels of a strip of rows that is passed at a time: what belongs to it stays in the cache.
_STRIP_PIXELS = 16384


@intrinsic
def copy_or_set_where_fired(typing_context, source, target, first, spikes, frame):  # type: ignore[no-untyped-def]
    """Set ``target`` to ``frame`` where a pixel fired, else to ``source``.

    Arrays are frame numbers of one type, ``frame`` is one, and ``source`` may be ``target``.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vectors = _Vectors(context, builder, signature, args, first=2, spikes=3)
        number = vectors.type_of_items(0)
        chosen = builder.select(vectors.mask, vectors.splat(4, number), vectors.load(0, number))
        vectors.store(chosen, 1)
        return context.get_dummy_value()

    return types.void(source, target, first, spikes, frame), generate


@intrinsic
def advance_and_invert(typing_context, begins, ends, picture, first, spikes, limits, one):  # type: ignore[no-untyped-def]
    """Set ``begins`` to the frame where a pixel fired, and ``picture`` to 1 / interval.

    ``limits`` are the frame, the earliest begin and the latest end of an interval, of the type of
    ``begins`` and ``ends``; ``one`` is 1 in the type of ``picture``.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vectors = _Vectors(context, builder, signature, args, first=3, spikes=4)
        number, value = vectors.type_of_items(0), vectors.type_of_items(2)
        frame, earliest, latest = (
            vectors.splat_value(builder.extract_value(args[5], i), number) for i in range(3)
        )
        begin = builder.select(vectors.mask, frame, vectors.load(0, number))
        vectors.store(begin, 0)
        end = vectors.load(1, number)
        begin = builder.select(builder.icmp_signed(">", begin, earliest), begin, earliest)
        end = builder.select(builder.icmp_signed("<", end, latest), end, latest)
        length = builder.sub(end, begin)
        if number.element.width < 32:
            length = builder.sext(length, vectors.type_of(ir.IntType(32)))
        interval = builder.sitofp(length, value)
        vectors.store(builder.fdiv(vectors.splat(6, value), interval), 2)
        return context.get_dummy_value()

    signature = types.void(begins, ends, picture, first, spikes, limits, one)
    return signature, generate


class _Vectors:
    """Loads, stores and masks of the pixels of one word, in the code that is generated.

    Args:
        context, builder, signature, args: as of the generator of an intrinsic.
        first, spikes: which arguments are the first pixel and the word.
    """

    def __init__(
        self, context: Any, builder: Any, signature: Any, args: Any, *, first: int, spikes: int
    ) -> None:
        self._context, self._builder, self._args = context, builder, args
        self._types = signature.args
        self._first = args[first]
        self._lanes: int = signature.args[spikes].bitwidth
        self.mask = builder.bitcast(args[spikes], self.type_of(ir.IntType(1)))

    def type_of(self, item: Any) -> Any:
        """Vector of so many items as the word has pixels."""
        return ir.VectorType(item, self._lanes)

    def type_of_items(self, argument: int) -> Any:
        """Vector of the items of an array."""
        return self.type_of(self._context.get_data_type(self._types[argument].dtype))

    def splat(self, argument: int, kind: Any) -> Any:
        """Vector whose items are all a number."""
        return self.splat_value(self._args[argument], kind)

    def splat_value(self, value: Any, kind: Any) -> Any:
        """Vector whose items are all a value."""
        empty, index = ir.Constant(kind, ir.Undefined), ir.IntType(32)
        single = self._builder.insert_element(empty, value, ir.Constant(index, 0))
        zeros = ir.Constant(self.type_of(index), [0] * self._lanes)
        return self._builder.shuffle_vector(single, empty, zeros)

    def load(self, argument: int, kind: Any) -> Any:
        """Items of an array for the pixels of the word."""
        return self._builder.load(self._address(argument, kind), align=self._item_bytes(argument))

    def store(self, vector: Any, argument: int) -> None:
        """Store a vector as the items of an array for the pixels of the word."""
        address = self._address(argument, vector.type)
        self._builder.store(vector, address, align=self._item_bytes(argument))

    def _address(self, argument: int, kind: Any) -> Any:
        array = self._context.make_array(self._types[argument])(
            self._context, self._builder, self._args[argument]
        )
        item = self._builder.gep(array.data, [self._first])
        return self._builder.bitcast(item, kind.as_pointer())

    def _item_bytes(self, argument: int) -> int:
        return int(self._types[argument].dtype.bitwidth) // 8


@njit(nogil=True, cache=True, error_model="numpy")
def _copy_or_set(spikes, source, target, frame):  # type: ignore[no-untyped-def]
    """Set ``target`` to ``frame`` where the bits of a frame say that a pixel fired, or copy."""
    words = spikes[: len(spikes) // 8 * 8].view(np.uint64)
    for k in range(len(words)):
        copy_or_set_where_fired(source, target, 64 * k, words[k], frame)
    for k in range(8 * len(words), len(spikes)):
        copy_or_set_where_fired(source, target, 8 * k, spikes[k], frame)


@njit(nogil=True, cache=True, error_model="numpy")
def _advance_and_invert(spikes, begins, ends, picture, limits):  # type: ignore[no-untyped-def]
    """Advance ``begins`` by the bits of a frame, and write 1 / interval of all its pixels."""
    one = np.float32(1)
    words = spikes[: len(spikes) // 8 * 8].view(np.uint64)
    for k in range(len(words)):
        advance_and_invert(begins, ends, picture, 64 * k, words[k], limits, one)
    for k in range(8 * len(words), len(spikes)):
        advance_and_invert(begins, ends, picture, 8 * k, spikes[k], limits, one)


@njit(nogil=True, cache=True, error_model="numpy")
def find_block_end_rows(rows, block_frames, following, ends, first_row, last_row):  # type: ignore[no-untyped-def]
    """Pass a run backward, and write the ends that are valid behind each of its blocks."""
    frames, _, row_bytes = rows.shape
    strip_rows = max(1, _STRIP_PIXELS // (8 * row_bytes))
    for top in range(first_row, last_row, strip_rows):
        bottom = min(top + strip_rows, last_row)
        size = (bottom - top) * row_bytes
        end = following[top:bottom].reshape(8 * size)
        for i in range(frames - 1, -1, -1):
            if i == frames - 1 or (i + 1) % block_frames == 0:
                ends[i // block_frames, top:bottom] = following[top:bottom]
            spikes = rows[i, top:bottom].reshape(size)
            _copy_or_set(spikes, end, end, following.dtype.type(i))


@njit(nogil=True, cache=True, error_model="numpy")
def write_inverse_interval_rows(  # type: ignore[no-untyped-def]
    rows, start, reach, begins, ends, pictures, first_row, last_row
):
    """Pass a block backward for its ends, then forward, and write its pictures."""
    frames, _, width = pictures.shape
    row_bytes = rows.shape[2]
    number = begins.dtype.type
    strip_rows = max(1, _STRIP_PIXELS // (8 * row_bytes))
    frame_ends = np.empty((frames, 8 * row_bytes * strip_rows), begins.dtype)
    padded = np.empty(0 if width == 8 * row_bytes else 8 * row_bytes * strip_rows, np.float32)
    for top in range(first_row, last_row, strip_rows):
        bottom = min(top + strip_rows, last_row)
        size = (bottom - top) * row_bytes
        pixels = 8 * size
        frame_ends[frames - 1, :pixels] = ends[top:bottom].reshape(pixels)
        for i in range(frames - 1, 0, -1):
            spikes = rows[i, top:bottom].reshape(size)
            _copy_or_set(spikes, frame_ends[i], frame_ends[i - 1], number(start + i))
        begin = begins[top:bottom].reshape(pixels)
        for i in range(frames):
            frame = start + i
            limits = number(frame), number(frame - reach - 1), number(frame + reach + 1)
            spikes = rows[i, top:bottom].reshape(size)
            if width == 8 * row_bytes:
                picture = pictures[i, top:bottom].reshape(pixels)
                _advance_and_invert(spikes, begin, frame_ends[i], picture, limits)
            else:
                _advance_and_invert(spikes, begin, frame_ends[i], padded, limits)
                for row in range(top, bottom):
                    left = 8 * row_bytes * (row - top)
                    pictures[i, row] = padded[left : left + width]


@njit(nogil=True, cache=True, error_model="numpy")
def _search_words(spikes, offset, places, missing, second_missing, offsets, second, first):  # type: ignore[no-untyped-def]
    """Set the offset of pixels whose bits are set in words of a frame, and whose spike is missing.

    Args:
        spikes: the words.
        offset: of the frame.
        places: which of the words are searched.
        missing, second_missing: bits of the pixels whose first, or second, spike is missing; the
            latter is empty where second spikes are not searched for.
        offsets, second: offsets of the first and second spikes.
        first: the pixel at which the words begin.

    Returns whether any spike is still missing.
    """
    lanes = 8 * spikes.itemsize
    left = False
    for k in places:
        hits = spikes[k] & missing[k]
        if len(second_missing):
            second_hits = (spikes[k] ^ hits) & second_missing[k]
            if second_hits:
                copy_or_set_where_fired(second, second, first + lanes * k, second_hits, offset)
                second_missing[k] ^= second_hits
            left |= second_missing[k] != 0
        if hits:
            copy_or_set_where_fired(offsets, offsets, first + lanes * k, hits, offset)
            missing[k] ^= hits
        left |= missing[k] != 0
    return left


@njit(nogil=True, cache=True, error_model="numpy")
def search_rows(rows, backward, offset, missing, offsets, first_row, last_row):  # type: ignore[no-untyped-def]
    """Set the offsets of spikes that are missing, one or two of every pixel, by some frames.

    ``offset`` is that of the first frame, the last of ``rows`` where they are passed backward.
    """
    count, frames, row_bytes = len(offsets), len(rows), rows.shape[2]
    strip_rows = max(1, _STRIP_PIXELS // (8 * row_bytes))
    for top in range(first_row, last_row, strip_rows):
        bottom = min(top + strip_rows, last_row)
        size = (bottom - top) * row_bytes
        whole = size // 8 * 8
        first, second = offsets[0, top:bottom].reshape(8 * size), offsets[0, :0].reshape(0)
        bits, second_bits = missing[0, top:bottom].reshape(size), missing[0, :0].reshape(0)
        if count == 2:
            second = offsets[1, top:bottom].reshape(8 * size)
            second_bits = missing[1, top:bottom].reshape(size)
        # Whole words, whose bits lie at any byte, and the bytes behind them.
        words, second_words = bits[:whole].view(np.uint64), second_bits[:whole].view(np.uint64)
        rest, second_rest = bits[whole:], second_bits[whole:]
        places = np.flatnonzero(second_words if count == 2 else words)
        rest_places = np.flatnonzero(second_rest if count == 2 else rest)
        for i in range(frames):
            spikes = rows[frames - 1 - i if backward else i, top:bottom].reshape(size)
            at = np.int32(offset + i)
            spike_words = spikes[:whole].view(np.uint64)
            left = _search_words(spike_words, at, places, words, second_words, first, second, 0)
            left |= _search_words(
                spikes[whole:], at, rest_places, rest, second_rest, first, second, 8 * whole
            )
            if not left:
                break
