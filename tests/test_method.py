"""Declarations of methods: what they say is complete, and reading them is quick."""

import inspect
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass
from importlib import import_module
from pathlib import Path

import pytest

import spikecam as sc
from spikecam import method as declarations
from spikecam.method import Method, NoOptions, Takes, all_methods, find_method, method_names
from spikecam.networks import configs

METHODS = [method for takes in Takes for method in all_methods(takes)]


def test_reading_every_declaration_loads_no_torch():
    code = (
        "from spikecam.method import Takes, all_methods\n"
        "for takes in Takes:\n"
        "    for method in all_methods(takes):\n"
        "        method.parse_options({})\n"
        "import sys; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_window_of_every_method_is_known_without_torch():
    """Frames can be chosen before a network is loaded."""
    code = (
        "import spikecam as sc\n"
        "import numpy as np\n"
        "stream = sc.SpikeStream.from_array(np.zeros((137, 2, 3)))\n"
        "for takes in sc.Takes:\n"
        "    for method in sc.all_methods(takes):\n"
        "        if method.has_weights:\n"
        "            window = method.window(method.parse_options({}), stream)\n"
        "            assert window % 2 == 1, method.name\n"
        "import sys; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_declaration_is_complete(method):
    module = import_module(f"{declarations._PACKAGES[method.takes]}.{method.name}")
    assert module.METHOD is method
    assert method.summary
    assert method.source
    assert not method.summary.endswith(".")
    for name in method.option_names:
        with pytest.raises(FrozenInstanceError):
            setattr(method.options(), name, None)
    helps = inspect.cleandoc(method.options.__doc__).partition("Attributes:\n")[2]
    for name in method.option_names:
        assert re.search(rf"^    {name}: \S", helps, re.MULTILINE), f"no help for {name}"


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_options_of_networks_are_told_by_their_names(method):
    assert bool(method.networks) == ("weights" in method.option_names)
    assert bool(method.networks) == ("device" in method.option_names)
    assert len(method.default_weights) == len(method.networks)
    for weights, kind in zip(method.default_weights, method.networks, strict=True):
        # What others published does not ship, and is the user's own.
        assert weights in sc.shipped_weights() or weights == kind
        assert method.has_weights == (weights in sc.named_weights())
        assert (Path(configs.__path__[0]) / f"{kind}.py").is_file()


def test_names_are_sorted_and_found_in_any_case():
    for takes in Takes:
        names = method_names(takes)
        assert names == sorted(names)
        for name in names:
            assert find_method(name.upper(), takes) is find_method(name, takes)


@dataclass(frozen=True)
class NeedsAValue:
    window: int


@dataclass(frozen=True)
class SizeOption:
    size: int = 3


@dataclass(frozen=True)
class WindowInSeconds:
    window: float = 0.5


@dataclass(frozen=True)
class RefusesItsDefault:
    steps: int = 0

    def __post_init__(self):
        raise sc.OptionError("steps is 1 or more")


@pytest.fixture
def install(monkeypatch):
    """Put methods into an entry point each; functions are called to load them."""

    class Entry:
        name, value = "broken", "broken_package:METHOD"

        def __init__(self, load):
            self.load = load

    def make(*loads):
        monkeypatch.setattr(declarations, "entry_points", lambda group: map(Entry, loads))
        declarations._installed_methods.cache_clear()

    yield make
    monkeypatch.undo()
    declarations._installed_methods.cache_clear()


def declare(name, options=NoOptions, takes=Takes.SPIKES):
    return Method(name, "of a package", takes, lambda *_: iter(()), options)


def fails():
    raise ImportError("no broken_package")


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (fails, "no broken_package"),
        (lambda: 7, "it is no spikecam.Method"),
        (lambda: declare("other", takes="spikes"), "'spikes'"),
        (lambda: declare("TFP"), "it is called TFP, as another method is"),
        (lambda: declare("other", {"window": 3}), "the options of other are no dataclass"),
        (lambda: declare("other", NeedsAValue), "option window of other has no default"),
        (lambda: declare("other", SizeOption), "size of other has a name that spikecam uses"),
        (lambda: declare("other", RefusesItsDefault), "steps is 1 or more"),
        (
            lambda: declare("other", WindowInSeconds),
            "option window of other is of another type than that of defocus",
        ),
    ],
)
def test_a_method_that_cannot_be_used_is_left_out_with_a_warning(install, load, message):
    install(load, lambda: declare("mine"))
    sentence = r"method broken \(broken_package:METHOD\) is left out: .*"
    with pytest.warns(UserWarning, match=sentence + re.escape(message)):
        assert method_names(Takes.SPIKES)[-1] == "mine"
    assert "other" not in method_names(Takes.SPIKES)


def test_installed_methods_whose_names_differ_in_capitals_alone_are_refused(install):
    install(lambda: declare("mine"), lambda: declare("Mine", takes=Takes.SPIKES_AND_PICTURE))
    with pytest.warns(UserWarning, match="it is called Mine, as another method is"):
        assert method_names(Takes.SPIKES)[-1] == "mine"
    assert "Mine" not in method_names(Takes.SPIKES_AND_PICTURE)
