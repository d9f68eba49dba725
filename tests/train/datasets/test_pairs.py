import pytest

import spikecam as sc
from spikecam.train.datasets.pairs import find_train_val_pairs


def test_val_is_judged_by_where_there_is_one(tiny_set):
    train, val = find_train_val_pairs(tiny_set)
    assert val == sc.read_spike_gopro(tiny_set, "val")
    assert train == sc.read_spike_gopro(tiny_set, "train")


def test_else_whole_scenes_are_held_out(rsb):
    train, val = find_train_val_pairs(rsb())
    assert (len(train), len(val)) == (6, 2)
    assert not {p.scene for p in train} & {p.scene for p in val}
    assert find_train_val_pairs(rsb()) == (train, val)


def test_of_one_scene_the_last_pairs_are_held_out(rsb):
    train, val = find_train_val_pairs(rsb("a", 3))
    assert [p.name for p in train] == ["0", "1"]
    assert [p.name for p in val] == ["2"]


def test_one_pair_does_not_suffice(rsb):
    with pytest.raises(sc.FileError, match="holds one pair"):
        find_train_val_pairs(rsb("a", 1))


def test_missing_halves_are_listed_or_skipped(rsb):
    folder = rsb()
    (folder / "blur_data" / "b" / "1.jpg").unlink()
    (folder / "spike_data" / "c" / "0.dat").unlink()
    with pytest.raises(sc.FileError, match=r"blur_data/b/1\.jpg, spike_data/c/0\.dat"):
        find_train_val_pairs(folder)
    assert sum(map(len, find_train_val_pairs(folder, skip_incomplete=True))) == 6


def test_what_is_no_data_set_is_refused(tiny_set, tmp_path):
    with pytest.raises(sc.FileError, match="name the folder that holds it"):
        find_train_val_pairs(tiny_set / "train")
    for light, expected in ((False, "or spike_data, as in RSB"), (True, "expected train/")):
        with pytest.raises(sc.FileError, match=expected):
            find_train_val_pairs(tmp_path, with_light=light)
