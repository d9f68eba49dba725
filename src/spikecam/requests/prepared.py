"""A request after its checks: which frames it makes, and the work that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class CheckedRequest(Generic[Result]):
    """A checked request: the frames it makes, and the function that makes them.

    Attributes:
        frames: indices of the frames that will be made, in this order.
        make_results: loads what is needed, and gives an iterator over the result of each frame.
        facts: sentences on what was decided for the user, such as which exposure is taken.
        choice: sentence on the method that was chosen for the user, empty where it was given.
        hints: sentences on what was made; filled while `run` goes on.
    """

    frames: Sequence[int]
    make_results: Callable[[], Iterator[Result]]
    facts: tuple[str, ...] = ()
    choice: str = ""
    hints: list[str] = field(default_factory=list)

    def run(self) -> Iterator[tuple[int, Result]]:
        """Yield the index and the result of each frame.

        Networks are loaded, and what only they can check is checked, when this is called.
        """
        return zip(self.frames, self.make_results(), strict=True)
