"""Links of the README and the manual lead somewhere. Nothing is fetched."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from spikecam.cli.main import COMMANDS

slugify = pytest.importorskip("markdown.extensions.toc", reason="needs the manual's tools").slugify
ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def prose(path):
    """Text of a page without code, in which brackets are no links."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    return re.sub(r"`[^`\n]+`", "code", text)


def links(path):
    """Targets of a page's links and pictures."""
    return re.findall(r"\]\(([^)]+)\)", prose(path))


def anchors(path):
    """Anchors of a page's headings, as MkDocs makes them."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    found = {slugify(heading.replace("`", ""), "-") for heading in headings}
    return found | set(re.findall(r"^::: (\S+)$", text, re.M))


def fault(page, target):
    """What is wrong with a link of a page, or None."""
    parts = urlsplit(target)
    if parts.scheme:
        whole = parts.scheme == "https" and re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.netloc)
        return None if whole and not re.search(r"\s|[<>\"]", target) else "is no https address"
    file = (page.parent / parts.path).resolve() if parts.path else page
    if file.parent == ROOT / "docs" / "commands" and file.stem in COMMANDS:
        return None
    if file.parent == ROOT / "docs" / "notebooks":
        # Pages are made of notebooks.
        file = file.with_suffix(".ipynb")
    if not file.exists():
        return "is not there"
    if page.parent == ROOT / "docs" and not file.is_relative_to(page.parent):
        return "is not in the manual"
    if parts.fragment and parts.fragment not in anchors(file):
        return "has no such heading"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(page):
    for target in links(page):
        assert not fault(page, target), f"{page.name}: {target} {fault(page, target)}"


def test_pages_are_linked_to():
    assert sum(len(links(page)) for page in PAGES) > 100


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("none.md", "is not there"),
        ("look.md#no-such-thing", "has no such heading"),
        ("#no-such-thing", "has no such heading"),
        ("../README.md", "is not in the manual"),
        ("commands/none.md", "is not there"),
        ("http://example.org", "is no https address"),
        ("https://example", "is no https address"),
        ("https://exa mple.org/a", "is no https address"),
        ("https://example.org/a b", "is no https address"),
        ("look.md#methods", None),
        ("api.md#spikecam.io.recording.open", None),
        ("commands/info.md", None),
        ("pictures/methods.jpg", None),
        ("notebooks/look.md", None),
        ("notebooks/none.md", "is not there"),
        ("https://arxiv.org/abs/2403.09486", None),
    ],
)
def test_links_that_lead_nowhere_are_noticed(target, what):
    assert fault(ROOT / "docs" / "look.md", target) == what


def test_the_citation_has_the_version_of_the_package():
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.M)[1]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"version = {{{version}}}" in (ROOT / "docs" / "papers.md").read_text()
