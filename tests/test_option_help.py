from dataclasses import dataclass

from spikecam.option_help import attribute_helps


@dataclass(frozen=True)
class _Options:
    """Options.

    Attributes:
        low, high: `percentiles` that
            are shown
        gamma: above 1 lifts
            the shadows. 2.2 suits light.

    Raises:
        OptionError: never.
    """

    low: float
    high: float
    gamma: float


@dataclass(frozen=True)
class _MoreOptions(_Options):
    """More options.

    Attributes:
        gamma: another help.
        window: of frames.
    """

    window: int


def test_help_is_the_text_of_the_attributes_section():
    assert attribute_helps(_Options) == {
        "low": "Percentiles that are shown.",
        "high": "Percentiles that are shown.",
        "gamma": "Above 1 lifts the shadows. 2.2 suits light.",
    }


def test_help_is_inherited_and_replaced():
    helps = attribute_helps(_MoreOptions)
    assert helps["low"] == "Percentiles that are shown."
    assert helps["gamma"] == "Another help."
    assert helps["window"] == "Of frames."
    assert attribute_helps(int) == {}
