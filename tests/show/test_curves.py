import sys

import numpy as np
import pytest

import spikecam as sc

PANELS = {"PSNR": {"a": [1.0, 2.0], "b": [2.0, 1.0]}, "SSIM": {"a": [0.5, 0.7]}}


def test_curves_are_drawn_in_the_format_of_the_name(tmp_path):
    sc.write_curves(tmp_path / "a.png", ["20", "36"], PANELS, x_label="frame")
    picture = sc.read_picture(tmp_path / "a.png")
    assert picture.shape[2] == 3
    # Lines in two colours, as well as black and white.
    assert np.ptp(picture, axis=2).max() > 0.3
    sc.write_curves(tmp_path / "a.svg", [1, 10], PANELS, x_label="frames", logarithmic=True)
    assert "<svg" in (tmp_path / "a.svg").read_text()


def test_what_cannot_be_drawn_is_refused(tmp_path, monkeypatch):
    with pytest.raises(sc.OptionError, match=r"curves are drawn as \.png"):
        sc.check_curves(tmp_path / "a.txt")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(sc.SpikecamError, match=r"pip install .*matplotlib"):
        sc.check_curves(tmp_path / "a.png")
