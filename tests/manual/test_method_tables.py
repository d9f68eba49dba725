"""The README's table of methods says what their declarations say."""

import re

import pytest

from spikecam.bench.situations import METHODS as SITUATION_METHODS
from spikecam.bench.situations import SITUATIONS
from spikecam.method import Takes, all_methods

SITUATION_ROW = r"^\| `((?:tf|ali|lsq|fus|def|with)[a-z -]*[0-9]*)` \| (.*[0-9]\.[0-9].*) \|$"
METHODS = [method for takes in Takes for method in all_methods(takes)]


def test_the_readme_lists_every_method_as_it_is_declared(text):
    table = text("readme").partition("## Methods\n")[2].partition("\n## ")[0]
    rows = {row[0]: row[1:] for row in re.findall(r"^\| `(.*?)` \| (.*) \| (.*) \|$", table, re.M)}
    assert rows == {method.name: (method.summary, method.source) for method in METHODS}


def test_both_tables_of_situations_are_the_same_and_have_every_row(text):
    pages = [re.findall(SITUATION_ROW, text(page), re.M) for page in ("readme", "look")]
    in_readme, in_look = (
        {row for row in rows if row[1].count("|") == len(SITUATIONS) - 1} for rows in pages
    )
    assert in_readme == in_look
    assert {label for label, _ in in_readme} == set(SITUATION_METHODS)
    header = " | ".join(situation.name for situation in SITUATIONS)
    assert all(f"| {header} |" in text(page) for page in ("readme", "look"))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_page_of_each_kind_names_it(text, method):
    pages = {
        Takes.SPIKES: "look",
        Takes.SPIKES_AT_TWO_FRAMES: "look",
        Takes.SPIKES_AND_PICTURE: "networks",
        Takes.SPIKES_OR_PICTURE: "generate",
    }
    page = pages[method.takes]
    assert f"`{method.name}`" in text(page)
