"""Pages of the manual that are made of notebooks."""

import pytest

pytest.importorskip("mkdocs", reason="the manual's tools are an extra")
nbformat = pytest.importorskip("nbformat", reason="the manual's tools are an extra")
nbclient = pytest.importorskip("nbclient", reason="the manual's tools are an extra")


@pytest.fixture(scope="module")
def hooks(load_tool):
    return load_tool("manual_notebooks")


def notebook(*cells):
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_markdown_cell("# Sums"), *map(nbformat.v4.new_code_cell, cells)]
    return nbformat.writes(book)


def test_a_page_has_cells_and_what_they_show(hooks):
    html = "<div id='x'><script>if (1 < 2) {}</script></div>"
    shown = f'class Page:\n    def _repr_html_(self):\n        return "{html}"\nPage()'
    text = notebook("print('<b>')\n1 + 1", "import sys; print('aside', file=sys.stderr)", shown)
    markdown, outputs = hooks.notebook_page(text)
    assert outputs == ["<pre>&lt;b&gt;\n</pre>", "<pre>2</pre>", html]
    places = [hooks.PLACE.format(number) for number in range(3)]
    assert markdown.startswith("# Sums\n\n```python\nprint('<b>')\n1 + 1\n```\n\n" + places[0])
    assert markdown.endswith(f"{shown}\n```\n\n{places[2]}")
    linked = hooks.with_link(markdown, "sums.ipynb")
    assert linked.startswith("# Sums\n\n*A notebook: [sums.ipynb](sums.ipynb), ")


def test_a_cell_that_fails_fails_the_page(hooks):
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="ZeroDivisionError"):
        hooks.notebook_page(notebook("1 / 0"))


def test_a_picture_is_shown(hooks):
    output = nbformat.v4.new_output("display_data", {"image/png": "AA\nBB", "text/plain": "<F>"})
    assert 'src="data:image/png;base64,AABB"' in hooks.output_html(output)
