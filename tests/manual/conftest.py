"""The README and the manual: what they say to type, and how it is run."""

import glob
import re
import shlex
from pathlib import Path

import pytest

import spikecam as sc

ROOT = Path(__file__).parents[2]


def text_of(name):
    path = ROOT / "README.md" if name == "readme" else ROOT / "docs" / f"{name}.md"
    return path.read_text(encoding="utf-8")


def lines_of(name):
    """Lines of the page's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", text_of(name), re.DOTALL)
    return [line for block in blocks for line in block.split("\n") if line]


def pytest_generate_tests(metafunc):
    """A test that takes ``command`` runs once for each line of its file's page, ``PAGE``.

    They run one after another: later ones take what earlier ones made. What is for make, in the
    README, has tests of its own.
    """
    if "command" in metafunc.fixturenames:
        lines = lines_of(metafunc.module.PAGE)
        metafunc.parametrize("command", [line for line in lines if not line.startswith("make ")])


@pytest.fixture(scope="session")
def text():
    """The text of a page, by its name."""
    return text_of


@pytest.fixture(scope="session")
def lines():
    """Lines of a page's shell blocks, by its name."""
    return lines_of


@pytest.fixture(scope="session")
def small_demo(after_the_demo, tmp_path_factory):
    """The folder of the demo, of which all pictures show but a part: commands end sooner."""
    whole, folder = after_the_demo / "demo", tmp_path_factory.mktemp("small") / "demo"
    rows, columns = (360, 648), (80, 560)
    part = tuple(slice(*side) for side in (rows, columns))
    for path in (whole / "blur.png", *(whole / "sharp").iterdir()):
        sc.save(folder / path.relative_to(whole), sc.read_picture(path)[part])
    sc.save(folder / "sharp.mp4", [frame[part] for frame in sc.video_frames(whole / "sharp.mp4")])
    spikes = sc.open(whole / "spikes.dat")
    quarter = [(start // 4, stop // 4) for start, stop in (rows, columns)]
    cropped = spikes.crop(*quarter)
    cropped.exposure = spikes.exposure
    sc.save(folder / "spikes.dat", cropped)
    return folder


@pytest.fixture
def run_command(spikecam):
    """Run a line of a page: it ends well, and what it writes is there."""

    def run(command):
        name, *words = shlex.split(command)
        assert name == "spikecam"
        ended = spikecam(*words)
        assert ended.code == 0, ended.err
        # The method that was chosen may be said.
        assert re.fullmatch(r"(spikecam: method [^\n]*\n)?", ended.err)
        if "-o" in words:
            # Fields of a batch's outputs stand for any name.
            pattern = re.sub(r"\{\w+\}", "*", words[words.index("-o") + 1])
            assert glob.glob(pattern)

    return run


@pytest.fixture(scope="session")
def run_example():
    """The names that a page's Python examples leave, run one after another."""

    def run(page):
        examples = re.findall(r"```python\n(.*?)```", text_of(page), re.DOTALL)
        assert examples
        names: dict = {}
        for example in examples:
            exec(example, names)
        return names

    return run
