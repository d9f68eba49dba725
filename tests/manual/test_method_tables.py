"""The README's table of methods says what their declarations say."""

import re

import pytest

from spikecam.method import Takes, all_methods

METHODS = [method for takes in Takes for method in all_methods(takes)]


def test_the_readme_lists_every_method_as_it_is_declared(text):
    table = text("readme").partition("## Methods\n")[2].partition("\n## ")[0]
    rows = {row[0]: row[1:] for row in re.findall(r"^\| `(.*?)` \| (.*) \| (.*) \|$", table, re.M)}
    assert rows == {method.name: (method.summary, method.source) for method in METHODS}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_page_of_each_kind_names_it(text, method):
    page = {Takes.SPIKES: "look", Takes.SPIKES_AND_PICTURE: "networks"}.get(
        method.takes, "generate"
    )
    assert f"`{method.name}`" in text(page)
