import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.train.datasets.pictures import PictureCrops, find_train_val_pictures


def test_pictures_are_the_same_whenever_they_are_asked_for(smooth_photos):
    train, val = find_train_val_pictures([smooth_photos], 64)
    assert (len(train), len(val)) == (11, 1)
    assert not {*train} & {*val}
    one, other = (PictureCrops(train, 64, seed=3, length=9) for _ in range(2))
    assert torch.equal(one[4]["sharp"], other[4]["sharp"])
    assert not torch.equal(one[4]["sharp"], one[5]["sharp"])


def test_pictures_that_cannot_be_cropped_are_left_out(smooth_photos, tmp_path):
    with pytest.raises(sc.FileError, match="0 pictures of 128 pixels a side or more"):
        find_train_val_pictures([smooth_photos], 128)
    with pytest.raises(sc.FileError, match="no folder of pictures"):
        find_train_val_pictures([smooth_photos / "none"], 64)
    sc.write_picture(tmp_path / "small.png", np.zeros((20, 300, 3), np.float32))
    said = []
    train, val = find_train_val_pictures([smooth_photos, tmp_path], 64, said.append)
    assert len(train) + len(val) == 12
    assert said[0].startswith("1 of 13 pictures in ")
    with pytest.raises(sc.OptionError, match="multiple of 8"):
        PictureCrops(train, 100, seed=0, length=1)
