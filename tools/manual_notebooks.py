"""For the manual: its notebooks, run when it is built, as pages with what their cells show.

Hooks of MkDocs, which mkdocs.yml names. ``notebooks/NAME.ipynb`` holds no outputs; the page
``notebooks/NAME.md`` is made of it. A cell that fails fails the build.
"""

import re
from functools import cache
from html import escape
from pathlib import Path

import nbformat
from mkdocs.structure.files import File
from nbclient import NotebookClient
from traitlets.config import Config

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
CELL_SECONDS = 120
# Kernels talk over a socket of this machine alone, not over TCP.
LOCAL = Config({"ConnectionFileMixin": {"transport": "ipc"}})
PLACE = '<div data-output="{}"></div>'


def on_files(files, config):
    """Add a page for each notebook, beside the notebook itself."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        markdown, _ = notebook_page(path.read_text(encoding="utf-8"))
        name = f"notebooks/{path.stem}.md"
        files.append(File.generated(config, name, content=with_link(markdown, path.name)))
    return files


def on_page_content(html, page, config, files):
    """Put the outputs into the page of a notebook. Markdown would change scripts in them."""
    path = FOLDER / f"{Path(page.file.src_uri).stem}.ipynb"
    if not page.file.src_uri.startswith("notebooks/") or not path.is_file():
        return html
    _, outputs = notebook_page(path.read_text(encoding="utf-8"))
    for number, output in enumerate(outputs):
        assert PLACE.format(number) in html
        html = html.replace(PLACE.format(number), output)
    return html


def with_link(markdown, name):
    """The text of a notebook with a link to its file below the title."""
    title, _, rest = markdown.partition("\n")
    return f"{title}\n\n*A notebook: [{name}]({name}), with what its cells show.*\n{rest}"


@cache
def notebook_page(text):
    """Run a notebook, given as text: its Markdown, with a place for each output, and those."""
    notebook = nbformat.reads(text, as_version=4)
    NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", config=LOCAL).execute()
    parts, outputs = [], []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in filter(None, map(output_html, cell.outputs)):
            parts.append(PLACE.format(len(outputs)))
            outputs.append(output)
    return "\n\n".join(parts), outputs


def output_html(output):
    """HTML of an output: what it says itself, a picture, or text; "" for warnings and progress."""
    if output.output_type == "stream":
        return f"<pre>{escape(output.text)}</pre>" if output.name == "stdout" else ""
    data = output.data
    if "text/html" in data:
        return data["text/html"]
    if "image/png" in data:
        png = re.sub(r"\s", "", data["image/png"])
        return f'<img alt="What the cell above draws" src="data:image/png;base64,{png}">'
    return f"<pre>{escape(data['text/plain'])}</pre>"
