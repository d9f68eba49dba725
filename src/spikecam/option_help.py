"""Help of options, from the docstrings of the dataclasses that hold them."""

from __future__ import annotations

import inspect
import re


def attribute_helps(options_class: type) -> dict[str, str]:
    """Help text of each field of a dataclass, from the ``Attributes:`` section of its docstring.

    Args:
        options_class: the class; fields that it inherits have the help of its parents.

    Returns:
        One sentence or several each, in one line, without code marks.
    """
    helps: dict[str, str] = {}
    for parent in reversed(options_class.__mro__):
        text = inspect.cleandoc(parent.__dict__.get("__doc__") or "")
        _, _, section = text.partition("Attributes:\n")
        section = re.split(r"\n(?=\S)", section)[0]
        for names, help_text in re.findall(r"^ {4}(\w[\w, ]*): (.*(?:\n {5,}.*)*)", section, re.M):
            for name in names.split(", "):
                helps[name] = plain_sentence(help_text)
    return helps


def plain_sentence(docstring_text: str) -> str:
    """Text of a docstring as one plain sentence: no code marks, a capital and a full stop."""
    docstring_text = " ".join(docstring_text.replace("`", "").split()).rstrip(".")
    return f"{docstring_text[:1].upper()}{docstring_text[1:]}."
