import numpy as np
import pytest

import spikecam as sc
from spikecam.data.dpdd import check_outside_dpdd


def pictures(folder, names):
    for name in names:
        sc.save(folder / name, np.zeros((4, 6), np.uint8))


def test_pairs_are_in_the_order_of_names(tmp_path):
    pictures(tmp_path / "train_c" / "source", ["P3.png", "P1.png"])
    pictures(tmp_path / "train_c" / "target", ["P2.png", "P4.png"])
    (tmp_path / "train_c" / "source" / "notes.txt").touch()
    found = [(blurry.name, sharp.name) for blurry, sharp in sc.read_dpdd(tmp_path)]
    assert found == [("P1.png", "P2.png"), ("P3.png", "P4.png")]


def test_the_test_part_as_it_goes_about(tmp_path):
    for side in ("inputC", "target", "inputL"):
        pictures(tmp_path / side, ["1.png", "2.png"])
    (blurry, sharp), _ = sc.read_dpdd(tmp_path, "test")
    assert (blurry, sharp) == (tmp_path / "inputC" / "1.png", tmp_path / "target" / "1.png")


def test_what_is_not_dpdd_is_refused(tmp_path):
    with pytest.raises(sc.FileError, match=r"holds no part 'val' of DPDD; expected .*val_c"):
        sc.read_dpdd(tmp_path, "val")
    with pytest.raises(sc.OptionError, match="a part of DPDD is train, val, test"):
        sc.read_dpdd(tmp_path, "all")
    pictures(tmp_path / "val_c" / "source", ["1.png", "2.png"])
    pictures(tmp_path / "val_c" / "target", ["1.png"])
    with pytest.raises(sc.FileError, match=r"holds 2 pictures and .* 1, but every one needs"):
        sc.read_dpdd(tmp_path, "val")
    for side in ("source", "target"):
        (tmp_path / "train_c" / side).mkdir(parents=True)
    with pytest.raises(sc.FileError, match="source holds no pictures; expected those of DPDD"):
        sc.read_dpdd(tmp_path)


def test_parts_are_refused_from_inside(tmp_path, monkeypatch):
    """A folder may be named by a dot."""
    for inside in ("train_c/source", "inputC"):
        (tmp_path / inside).mkdir(parents=True)
        monkeypatch.chdir(tmp_path / inside)
        with pytest.raises(sc.FileError, match="looks like a part of DPDD"):
            check_outside_dpdd(["."])
    (tmp_path / "sharp").mkdir()
    monkeypatch.chdir(tmp_path / "sharp")
    check_outside_dpdd(["."])
