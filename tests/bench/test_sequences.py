import sys

import numpy as np
import pytest

from spikecam.bench.sequences import main, psnr


def test_psnr_is_of_pictures_in_zero_to_one():
    assert psnr(np.full((2, 2), 0.6), np.full((2, 2), 0.5)) == pytest.approx(20)


def test_the_table_is_printed(data, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["sequences", str(data / "val_sequences")])
    main()
    out = capsys.readouterr().out
    assert "V_th = 4" in out
    assert "(42 frames)" in out
