"""Networks of other installed packages."""

import re
from dataclasses import dataclass

import pytest

import spikecam as sc
from spikecam.networks import architecture as declarations
from spikecam.networks.architecture import Architecture, architecture_kinds, find_architecture
from spikecam.networks.spikes_input import SpikesInputConfig


@dataclass(frozen=True)
class TinyConfig:
    window: int = 5


def declare(kind):
    return Architecture(kind, TinyConfig, SpikesInputConfig, "tiny:Tiny")


def fails():
    raise ImportError("no broken_package")


@pytest.fixture
def install(monkeypatch):
    """Put networks into entry points by name; functions are called to load them."""

    class Entry:
        value = "package:ARCHITECTURE"

        def __init__(self, name, load):
            self.name, self.load = name, load

    def make(*entries):
        monkeypatch.setattr(
            declarations, "entry_points", lambda group: [Entry(*one) for one in entries]
        )
        declarations._installed_architectures.cache_clear()
        find_architecture.cache_clear()

    yield make
    monkeypatch.undo()
    declarations._installed_architectures.cache_clear()
    find_architecture.cache_clear()


def test_an_installed_network_is_known_by_its_kind(install):
    tiny = declare("tiny")
    install(("tiny", lambda: tiny))
    assert find_architecture("tiny") is tiny
    assert architecture_kinds() == tuple(sorted(architecture_kinds()))
    assert {"tiny", "wgse"} <= set(architecture_kinds())
    with pytest.raises(sc.OptionError, match=r"no network 'huge'; known networks: .*tiny"):
        find_architecture("huge")


@pytest.mark.parametrize(
    ("name", "load", "message"),
    [
        ("broken", fails, "no broken_package"),
        ("broken", lambda: 7, "it is no spikecam.Architecture"),
        ("broken", lambda: declare("other"), "its kind is other; call both the same"),
        ("wgse", lambda: declare("wgse"), "there is another network of this kind"),
    ],
)
def test_a_network_that_cannot_be_used_is_left_out_with_a_warning(install, name, load, message):
    install((name, load), ("tiny", lambda: declare("tiny")))
    sentence = rf"network {name} \(package:ARCHITECTURE\) is left out: "
    with pytest.warns(UserWarning, match=sentence + re.escape(message)):
        assert "tiny" in architecture_kinds()
    assert find_architecture("wgse").module == "spikecam.networks.wgse:WGSE"
