"""Vector instructions over the pixels of a word of packed spikes, which Numba makes of no loop.

A word, uint64 or uint8, holds the spikes of 64 or 8 pixels that lie side by side. Its bits are the
mask of one choice for all of them: with AVX-512 one instruction for 32 pixels. A loop over pixels
would first look up a byte for each bit.

Arrays are contiguous, of one dimension, and hold all pixels from ``first`` on that a word has;
nothing is checked.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import extending, types

# Its type would say that functions are called with the context of the compiler, too.
intrinsic: Any = extending.intrinsic


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
