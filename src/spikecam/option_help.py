"""Help of options, from the docstrings of the dataclasses that hold them."""

from __future__ import annotations

import inspect
import re


def attribute_helps(options: type) -> dict[str, str]:
    """Help of each field of a dataclass, by name: its text in the ``Attributes:`` section.

    Args:
        options: the class; fields that it inherits have the help of its parents.

    Returns:
        One sentence or several each, in one line, without code marks.
    """
    helps: dict[str, str] = {}
    for parent in reversed(options.__mro__):
        text = inspect.cleandoc(parent.__dict__.get("__doc__") or "")
        _, _, section = text.partition("Attributes:\n")
        section = re.split(r"\n(?=\S)", section)[0]
        for names, help_text in re.findall(r"^ {4}(\w[\w, ]*): (.*(?:\n {5,}.*)*)", section, re.M):
            for name in names.split(", "):
                helps[name] = plain_sentence(help_text)
    return helps


def plain_sentence(text: str) -> str:
    """Text of a docstring for people: one line, no code marks, a capital and a full stop."""
    text = " ".join(text.replace("`", "").split()).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
