"""Outputs by a template, whose fields are parts of the input's name: ``out/{stem}.png``."""

from __future__ import annotations

import re
from pathlib import Path

from spikecam.errors import OptionError
from spikecam.io.remote_address import text_without_secrets

FIELDS = ("stem", "name", "parent", "folder", "index")
_FIELD = re.compile(r"\{(\w*)\}")


def check_template(template: str, input_count: int) -> None:
    """Refuse an output template with an unknown field, or without one for several inputs.

    Raises:
        OptionError: it is one.
    """
    names = _FIELD.findall(template)
    for name in names:
        if name not in FIELDS:
            known = ", ".join(f"{{{one}}}" for one in FIELDS)
            raise OptionError(f"{template} has the field {{{name}}}; known fields: {known}")
    if not names and input_count > 1:
        raise OptionError(
            f"{input_count} inputs would all be written to {template}; name the outputs by a "
            f"field, such as {_with_stem(template)}"
        )


def has_field(text: str) -> bool:
    """Whether a text has a known field."""
    return any(name in FIELDS for name in _FIELD.findall(text))


def fill_template(template: str, input_path: str, index: int, count: int) -> str:
    """Fill the fields of a template; braces around other words stay.

    Args:
        template: with fields ``{stem}`` and ``{name}``, the input's name without and with its
            ending, ``{parent}``, the name of its folder, ``{folder}``, the path of its folder,
            and ``{index}``, its number from 0 with as many digits as the last one has.
        input_path: of the input.
        index: its number among ``count``.
        count: how many inputs there are.

    >>> fill_template("out/{parent}_{stem}.png", "data/car/3.dat", 0, 1)
    'out/car_3.png'
    >>> fill_template("{folder}/{index}.png", "data/car/3.dat", 7, 100)
    'data/car/07.png'
    """
    text = text_without_secrets(input_path)
    path = Path(text)
    values = {
        "stem": path.stem,
        "name": path.name,
        "parent": path.absolute().parent.name,
        # A Path would make one slash of the two of an address.
        "folder": text.rpartition("/")[0] if "://" in text else str(path.parent),
        "index": f"{index:0{len(str(count - 1))}d}",
    }
    return _FIELD.sub(lambda field: values.get(field[1], field[0]), template)


def fixed_folder(template: str) -> Path:
    """The deepest folder of a template that is the same for all inputs.

    >>> fixed_folder("out/films/{parent}/{stem}.mp4").as_posix()
    'out/films'
    """
    parts = Path(template).parts
    fixed = next((i for i, part in enumerate(parts) if _FIELD.search(part)), len(parts) - 1)
    return Path(*parts[:fixed])


def _with_stem(template: str) -> str:
    path = Path(template)
    return str(path.with_name(f"{{stem}}{path.suffix}") if path.suffix else path / "{stem}")
