from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

import spikecam as sc
from spikecam.fixed_pattern import FixedPattern
from spikecam.method import Method, Takes, all_methods, find_method
from spikecam.option_fields import OptionField, check_options_are_offered, list_option_fields


@dataclass(frozen=True)
class BlendOptions:
    """Options of a method of another package.

    Attributes:
        window: odd number
            of `frames`.
        strength: how much.
        inverted: whether it is the other way around.
        border: how the
            border is continued.
        limit: the highest rate.
        fpn: fixed pattern.
    """

    window: int = 41
    strength: float = 0.5
    inverted: bool = False
    border: Literal["mirror", "zero"] = "mirror"
    limit: float | None = None
    fpn: FixedPattern | None = None
    path: Path | None = None


BLEND = Method("blend", "a blend", Takes.SPIKES, run=lambda *_: iter(()), options=BlendOptions)


def test_options_become_fields_by_their_types():
    assert list_option_fields(BLEND) == [
        OptionField("window", int, 41, False, (), "Odd number of frames."),
        OptionField("strength", float, 0.5, False, (), "How much."),
        OptionField("inverted", bool, False, False, (), "Whether it is the other way around."),
        OptionField(
            "border", str, "mirror", False, ("mirror", "zero"), "How the border is continued."
        ),
        OptionField("limit", float, None, True, (), "The highest rate."),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"window": 5, "strength": 1, "inverted": True, "border": "zero", "limit": None},
        {"limit": 0.5},
        {},
    ],
)
def test_values_of_controls_are_accepted(values):
    check_options_are_offered(BLEND, values)


@pytest.mark.parametrize(
    ("name", "value"),
    [("window", 5.0), ("window", True), ("window", None), ("border", "none"), ("path", "a.png")],
)
def test_other_values_are_refused(name, value):
    with pytest.raises(sc.OptionError, match=f"blend is not offered here with {name}"):
        check_options_are_offered(BLEND, {name: value})


def test_weights_that_ship_are_a_choice():
    refined = find_method("refined", Takes.SPIKES_AND_PICTURE)
    weights = next(field for field in list_option_fields(refined) if field.name == "weights")
    assert {"refined", "refined-small"} <= set(weights.choices)
    assert weights.default in weights.choices


@pytest.mark.parametrize("method", [m for takes in Takes for m in all_methods(takes)])
def test_defaults_are_accepted_by_their_own_fields(method):
    for field in list_option_fields(method):
        assert field.accepts(field.default)
