import numpy as np
import pytest

import spikecam as sc
from spikecam.bench import out_of_focus as bench

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(bench, "_SIZE", (64, 80))
    monkeypatch.setattr(bench, "AXES", {"radius": (0, 2), "light": (0.4,), "frames": (51,)})


def test_its_tables(small, naturalness, refocuser):
    said = []
    report = bench.score_defocus(weights=str(refocuser), limit=2, say=said.append)
    first, *others, focused = report.tables
    labels = ["TFP", "TFI", "TFSTP", "TFP, Richardson-Lucy", "TFP, Wiener", "defocus"]
    assert [row["method"] for row in first.rows] == labels
    assert len(others) == 12
    assert [table.name for table in others[:4]] == [
        f"defocus-radius-{name}" for name in ("psnr", "ssim", "niqe", "brisque")
    ]
    assert list(first.rows[0]) == ["method", "PSNR ↑", "SSIM ↑", "NIQE ↓", "BRISQUE ↓"]
    assert first.rows[0]["NIQE ↓"] is None
    assert 0 < first.rows[0]["BRISQUE ↓"] < 100
    assert list(focused.rows[0]) == ["PSNR ↑", "light 0.4", "frames 51"]
    scenes = enumerate(bench.load_gray_photographs(None, limit=2).values())
    seen = [
        bench.simulate_defocused(photo, bench.DefocusSetting(radius=0), seed)
        for seed, photo in scenes
    ]
    makers = bench.compared_methods(str(refocuser))
    tfp, ours = (
        np.array([sc.score(makers[label](one), one.truth, ["psnr"])["psnr"] for one in seen])
        for label in ("TFP", "defocus")
    )
    figures = [row["light 0.4"] for row in focused.rows]
    assert figures == pytest.approx([tfp.mean(), ours.mean(), (ours - tfp).min()], abs=0.01)
    by_radius = {row["method"]: row for row in others[0].rows}
    assert by_radius["TFP"]["0"] > by_radius["TFP"]["2"]
    # In focus there is no disc to take away.
    assert by_radius["TFP, Wiener"]["0"] == by_radius["TFP"]["0"]
    assert by_radius["TFP, Wiener"]["2"] > by_radius["TFP"]["2"]
    assert set(report.pictures) == {"astronaut", "chelsea"}
    assert set(report.pictures["astronaut"]) == {*labels, "truth"}
    assert len(said) == 4


def test_scenes_are_as_their_setting_says():
    photo = np.kron(np.random.default_rng(0).random((8, 10)), np.ones((8, 8))).astype(np.float32)
    dark = bench.simulate_defocused(photo, bench.DefocusSetting(light=0.1, frames=51), 0)
    assert len(dark.stream) == 51
    np.testing.assert_allclose(dark.truth, photo, atol=1e-6)
    bright = bench.simulate_defocused(photo, bench.DefocusSetting(light=1.25), 0)
    np.testing.assert_allclose(bright.truth, np.minimum(1.25 * photo, 1), atol=1e-6)
    focused = bench.simulate_defocused(photo, bench.DefocusSetting(radius=0), 0)
    rate = sc.reconstruct(focused.stream, window=201, fpn=focused.fpn) / 0.4
    assert np.abs(rate - photo).mean() < 0.02


def test_pictures_of_a_folder(tmp_path):
    with pytest.raises(sc.FileError, match="holds no pictures"):
        bench.load_gray_photographs(tmp_path)
    sc.save(tmp_path / "in" / "one.png", np.full((500, 400, 3), 90, np.uint8))
    ((name, picture),) = bench.load_gray_photographs(tmp_path).items()
    assert (name.replace("\\", "/"), picture.shape) == ("in/one.png", (250, 400))
    assert np.allclose(picture, 90 / 255, atol=1e-3)
    sc.save(tmp_path / "two.png", np.full((250, 400), 90, np.uint8))
    assert len(bench.load_gray_photographs(tmp_path)) == 2
    assert len(bench.load_gray_photographs(tmp_path, limit=1)) == 1
    said = []
    sc.save(tmp_path / "small.png", np.full((250, 399), 90, np.uint8))
    assert len(bench.load_gray_photographs(tmp_path, say=said.append)) == 2
    assert "1 of 3 pictures" in said[0]
    for path in tmp_path.rglob("*.png"):
        if path.name != "small.png":
            path.unlink()
    with pytest.raises(sc.FileError, match="holds no pictures of 400x250 or more"):
        bench.load_gray_photographs(tmp_path)
