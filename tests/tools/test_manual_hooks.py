"""Pages of the manual that are made of the program."""

import re
from pathlib import Path

import pytest

from spikecam.cli.main import COMMANDS

pytest.importorskip("mkdocs", reason="the manual's tools are an extra")
ROOT = Path(__file__).parents[2]
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def hooks(load_tool):
    return load_tool("manual_hooks")


def options(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


@pytest.mark.parametrize("name", ["info", "deblur", "simulate", "calibrate"])
def test_the_page_of_a_command_has_the_options_of_its_help(spikecam, hooks, name):
    page = hooks.command_page(name)
    assert page.startswith(f"# {name}\n")
    usages = re.findall(r"```console\nspikecam (.*)\n```", page)
    for usage in usages:
        words = [word for word in re.split(r" --out| \[| [A-Z]", usage)[0].split() if word]
        assert words[0] == name
        # The help is wrapped, in words and not within them.
        listed = options(spikecam(*words, "--help").out)
        assert len(listed) > 2
        assert listed <= options(page), words
        if len(usages) == 1:
            assert options(page) == listed


def test_what_the_help_does_not_offer_is_not_on_a_page(hooks):
    for name in ("calibrate", "weights"):
        assert not re.search("--empty-|--no-json|--no-truncate", hooks.command_page(name))


def test_advice_names_options_that_exist(hooks):
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    commands = ("reconstruct", "deblur", "convert", "calibrate")
    pages = "".join(hooks.command_page(name) for name in commands)
    assert options(page) - options(pages) == set()


def test_the_list_of_commands_leads_to_their_pages(hooks):
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    linked = hooks.with_links(page)
    assert re.findall(r"^\| \[`(\w+)`\]\(commands/\1\.md\) \|", linked, re.M) == list(COMMANDS)


def test_every_name_of_the_api_is_explained_in_a_line(hooks):
    topics = API.count("\n## ")
    tables = hooks.with_tables(API)
    assert tables.count("| | |\n|---|---|\n") == topics
    for path in re.findall(r"^::: (\S+)$", API, re.M):
        (line,) = re.findall(rf"^\| \[`\w+`\]\[{re.escape(path)}\] \| (.*) \|$", tables, re.M)
        assert re.match(r"[A-Za-z`].{8,}\.", line), f"{path}: {line}"
    assert [line for line in tables.split("\n") if line.startswith(":::")] == re.findall(
        r"^:::.*$", API, re.M
    )
