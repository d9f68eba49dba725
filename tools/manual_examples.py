"""For the manual: examples in docstrings stand by themselves, and are shown as such.

An extension of griffe, which mkdocs.yml names: a run of ``>>>`` lines with what they print becomes
the section "Examples" that griffe knows.
"""

import re

import griffe


class Examples(griffe.Extension):
    """Puts every run of examples into a section."""

    def on_instance(self, *, obj, **kwargs):
        """Change the docstring of what was just read."""
        if obj.docstring is not None:
            obj.docstring.value = sectioned(obj.docstring.value)


def sectioned(docstring):
    """The docstring with its runs of examples as sections."""
    parts = re.split(r"\n\n(?=>>> )", docstring)
    for i, part in enumerate(parts[1:], 1):
        example, _, after = part.partition("\n\n")
        shown = "Examples:\n" + "\n".join("    " + line for line in example.split("\n"))
        parts[i] = f"{shown}\n\n{after}" if after else shown
    return "\n\n".join(parts)
