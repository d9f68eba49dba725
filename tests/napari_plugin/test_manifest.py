"""The manifest by which napari finds the plugin."""

import ast
import tomllib
from importlib import util
from pathlib import Path

import pytest
import yaml

from spikecam.io.recording_format import recording_suffixes

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def path():
    """The file that the entry point names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    package, _, file = project["entry-points"]["napari.manifest"][project["name"]].partition(":")
    return Path(util.find_spec(package).origin).parent / file


@pytest.fixture(scope="module")
def contributions(path):
    manifest = yaml.safe_load(path.read_text())
    assert manifest["name"] == "spikecam"
    return manifest["contributions"]


@pytest.mark.filterwarnings("ignore")
def test_napari_takes_the_manifest(path):
    # It is not among the packages for tests: it loads with every pytest, and warns.
    npe2 = pytest.importorskip("npe2", reason="needs the extra napari")
    manifest = npe2.PluginManifest.from_file(path)
    assert len(manifest.contributions.widgets) == 2


def test_the_reader_opens_files_with_the_endings_of_recordings(contributions):
    (reader,) = contributions["readers"]
    # A .zarr is a folder.
    assert reader["accepts_directories"]
    assert set(reader["filename_patterns"]) == {f"*{suffix}" for suffix in recording_suffixes()}


def test_every_command_is_there(contributions):
    for command in contributions["commands"]:
        module, _, name = command["python_name"].partition(":")
        # Not imported: the widgets need napari.
        tree = ast.parse(Path(util.find_spec(module).origin).read_text())
        assert name in {getattr(node, "name", "") for node in tree.body}, command["id"]


def test_what_is_offered_leads_to_commands(contributions):
    kinds = ("readers", "widgets", "sample_data")
    offered = [one["command"] for kind in kinds for one in contributions[kind]]
    assert sorted(offered) == sorted(command["id"] for command in contributions["commands"])
