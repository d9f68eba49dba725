"""For the manual: pages that are made of the program itself, so that they are never out of date.

Hooks of MkDocs, which mkdocs.yml names: a page for each command, ``commands/NAME.md``, by the
generator of cyclopts, to which the list of commands leads; and before each topic of the API a table
of what is in it, a line each.
"""

import ast
import re
from pathlib import Path

from cyclopts.docs import generate_markdown_docs
from mkdocs.structure.files import File

from spikecam.cli.main import COMMANDS, build_app

ROOT = Path(__file__).parents[1]
FOLDER = "commands"


def on_config(config):
    """List the pages of commands below the page on the command line."""
    pages = [f"{FOLDER}/{name}.md" for name in COMMANDS]
    (reference,) = (part["Reference"] for part in config.nav if "Reference" in part)
    place = next(i for i, page in enumerate(reference) if "command-line.md" in page.values())
    reference.insert(place + 1, {"Each command": pages})
    return config


def on_files(files, config):
    """Add the pages of commands."""
    for name in COMMANDS:
        files.append(File.generated(config, f"{FOLDER}/{name}.md", content=command_page(name)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Put a table before each topic of the API, and links into the list of commands."""
    change = {"api.md": with_tables, "command-line.md": with_links}.get(page.file.src_uri)
    return change(markdown) if change else markdown


def command_page(name):
    """Page of a command, in Markdown."""
    options = {"no_root_title": True, "generate_toc": False, "heading_level": 2}
    app = build_app((name,))
    # The generator looks no further than one level up for how options are shown.
    app[name].default_parameter = app.default_parameter
    text = generate_markdown_docs(app, commands_filter=[name], **options)
    # Two parts in brackets, as in METHOD[:WINDOW][+STAGE], are no link.
    return f"# {name}\n\n" + text.replace("][", "]\\[")


def with_links(markdown):
    """The list of commands with a link from each to its page."""
    names = "|".join(COMMANDS)
    return re.sub(rf"^\| `({names})` \|", rf"| [`\1`]({FOLDER}/\1.md) |", markdown, flags=re.M)


def with_tables(markdown):
    """The text of the API with a table before the entries of each topic."""
    topics = re.split(r"^(?=## )", markdown, flags=re.MULTILINE)
    return "".join(map(with_table, topics))


def with_table(topic):
    """One topic with its table, if it has entries."""
    paths = re.findall(r"^::: (\S+)$", topic, re.MULTILINE)
    if not paths:
        return topic
    rows = (f"| [`{path.rpartition('.')[2]}`][{path}] | {first_line(path)} |" for path in paths)
    table = "\n".join(("| | |", "|---|---|", *rows))
    before, first, entries = topic.partition(":::")
    return f"{before}{table}\n\n{first}{entries}"


def first_line(path):
    """First line of the docstring of a name, by its full path; its file is not imported."""
    module, _, name = path.rpartition(".")
    file = Path("src", *module.split(".")).with_suffix(".py")
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    place = next(i for i, node in enumerate(body) if name in names(node))
    if isinstance(body[place], (ast.FunctionDef, ast.ClassDef)):
        docstring = ast.get_docstring(body[place])
    else:
        docstring = ast.get_docstring(ast.Module(body[place + 1 : place + 2], []))
    return (docstring or "").partition("\n")[0].replace("|", "\\|")


def names(node):
    """Names that a statement of a file defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]
