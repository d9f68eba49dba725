"""The card of weights: what they are, where they come from, and what they cannot do."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from spikecam.errors import FileError, OptionError


@dataclass(frozen=True)
class Card:
    """Card of a file of weights: training data, command, scores, limits and licence.

    Attributes:
        name: what they are called.
        summary: what they do, in a line.
        data: what they were trained on.
        recipe: the command that made them.
        commit: of spikecam, when they were made.
        licence: of the weights.
        scores: what was measured, as pairs of a label and a value.
        limits: where they fail.

    Raises:
        OptionError: something is no text, or a score is no pair.

    >>> card = Card("a", "Sharp.", "photos", "train", "1f", "MIT", (("PSNR", "33 dB"),), "Night.")
    >>> Card.from_json(card.to_json()) == card
    True
    """

    name: str
    summary: str
    data: str
    recipe: str
    commit: str
    licence: str
    scores: tuple[tuple[str, str], ...]
    limits: str

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "scores" and not isinstance(value, str):
                raise OptionError(f"a card has a text as its {field.name}, not {value!r}")
        if not (isinstance(self.scores, tuple) and all(map(_is_score, self.scores))):
            raise OptionError(
                f"a card has pairs of texts as its scores, such as (('PSNR', '33 dB'),), "
                f"not {self.scores!r}"
            )

    def to_json(self) -> str:
        """The card as JSON, in ASCII."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Card:
        """Read a card from JSON.

        Raises:
            FileError: it is none.
        """
        try:
            entries = json.loads(text)
            entries["scores"] = tuple(tuple(score) for score in entries["scores"])
            return Card(**entries)
        except (ValueError, TypeError, LookupError, RecursionError, OptionError) as error:
            raise FileError("no card can be read") from error


def _is_score(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(type(v) is str for v in value)
