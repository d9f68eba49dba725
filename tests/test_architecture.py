"""The rooms of docs/architecture.md: imports go down the list, and nothing loads too early."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import spikecam

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "spikecam"


def rooms() -> list[str]:
    """The rooms in the order of the architecture page."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    listed = page.split("```")[3]
    return re.findall(r"^  (\w+)(?:\.py|/)", listed, re.MULTILINE)


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Modules of the project that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            if node.module != "spikecam":
                names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == "spikecam"}


FILES = [p for p in SOURCE.rglob("*.py") if p != SOURCE / "__init__.py"]


def test_the_page_lists_every_room_and_no_other():
    assert sorted(rooms()) == sorted({room_of(p) for p in FILES} | {"__init__"})


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_go_down_the_list(path):
    order = rooms()
    here = room_of(path)
    for name in imported(path):
        parts = name.split(".")
        if len(parts) > 1 and parts[1] in order:
            assert order.index(parts[1]) <= order.index(here), f"{here} imports {name}"
        else:
            assert here in ("cli", "bench"), f"{here} goes through the public API: {name}"


def test_modules_import_each_other_in_no_cycle():
    def module(path):
        return ".".join(("spikecam", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(
            ".__init__"
        )

    edges = {module(p): imported(p) - {"spikecam"} for p in FILES}
    done: set[str] = set()

    def visit(name, path):
        assert name not in path, " -> ".join([*path, name])
        if name not in done and name in edges:
            for other in edges[name] & edges.keys():
                visit(other, [*path, name])
            done.add(name)

    for name in edges:
        visit(name, [])


def loaded_by(code: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in run.stdout.split()}


def test_importing_spikecam_loads_nothing_heavy():
    assert not loaded_by("import spikecam") & {"numpy", "numba", "torch", "av", "PIL", "typer"}


def test_help_loads_nothing_heavy():
    code = "import sys; sys.argv = ['spikecam', '--help']\nfrom spikecam.cli.main import main\n"
    code += "try: main()\nexcept SystemExit: pass"
    assert not loaded_by(code) & {"numpy", "numba", "torch", "av", "PIL"}


def test_opening_a_recording_needs_no_compiler():
    assert not loaded_by("import spikecam; spikecam.open; spikecam.SpikeStream") & {
        "numba",
        "torch",
    }


def test_every_public_name_is_there():
    for name in spikecam.__all__:
        assert getattr(spikecam, name) is not None
    assert set(spikecam.__all__) <= set(dir(spikecam))
    assert callable(spikecam.open)
    assert "open" in dir(spikecam)
    with pytest.raises(AttributeError, match="no_such"):
        spikecam.no_such  # noqa: B018


def test_a_star_import_leaves_the_builtin_open_alone():
    names: dict[str, object] = {}
    exec("from spikecam import *", names)
    assert "open" not in names
    assert names["SpikeStream"] is spikecam.SpikeStream


def test_files_stay_small():
    for path in FILES:
        assert len(path.read_text().splitlines()) <= 400, path


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_compiled_loops_use_nothing_of_other_files(path):
    """numba's cache notices a change of the file that a loop stands in, and of no other."""
    tree = ast.parse(path.read_text())
    foreign = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("spikecam")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            "njit" in ast.dump(decorator) for decorator in node.decorator_list
        ):
            used = {
                name.id
                for part in node.body
                for name in ast.walk(part)
                if isinstance(name, ast.Name)
            }
            assert not used & foreign, f"{node.name} uses {used & foreign} of another file"
