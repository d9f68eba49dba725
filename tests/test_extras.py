import re
import sys
from importlib import metadata

import pytest

from spikecam.errors import SpikecamError
from spikecam.extras import missing_package_error, require_packages


def test_a_package_that_is_there_is_not_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "h5py", raising=False)
    require_packages("h5py", extra="hdf5", purpose="HDF5 files")
    assert "h5py" not in sys.modules


def test_the_hint_is_a_command_that_names_packages_on_the_index(monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    lines = ["numpy>=1.26", 'h5py>=3.10; extra == "hdf5"', "rich>=13; extra == 'dev'"]
    monkeypatch.setattr(metadata, "requires", lambda name: lines)
    expected = 'h5py is not installed; for HDF5 files run: pip install "h5py>=3.10"'
    with pytest.raises(SpikecamError, match=re.escape(expected)):
        require_packages("h5py", extra="hdf5", purpose="HDF5 files")


def test_sources_that_are_not_installed_name_the_package_alone(monkeypatch):
    def not_found(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", not_found)
    assert str(missing_package_error("h5py", extra="hdf5", purpose="HDF5 files")).endswith(
        'pip install "h5py"'
    )
