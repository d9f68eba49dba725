"""Features of short windows of spikes, computed once for all pictures that they are part of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor


class SharedFeatures:
    """Features by the frame at which their short window begins.

    Args:
        max_bytes: memory for features that later pictures need; those that are needed last are
            computed again where it is too little.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._features: dict[int, Tensor] = {}

    def compute(
        self, starts: Iterable[int], later_starts: Iterable[int], encode: Callable[[int], Tensor]
    ) -> list[Tensor]:
        """Compute the features of a picture, as far as they are not there.

        Args:
            starts: first frames of its short windows.
            later_starts: those of the pictures that follow, the next one first.
            encode: computes the features of the short window that begins at a frame.
        """
        for start in starts:
            if start not in self._features:
                self._features[start] = encode(start)
        features = [self._features[start] for start in starts]
        needed: dict[int, Tensor] = {}
        free = self.max_bytes
        for start in later_starts:
            if start in self._features and start not in needed:
                free -= self._features[start].nbytes
                if free < 0:
                    break
                needed[start] = self._features[start]
        self._features = needed
        return features
