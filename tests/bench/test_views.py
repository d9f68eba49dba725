import pytest

import spikecam as sc
from spikecam.bench.view_rows import ROWS
from spikecam.bench.views import score_views
from spikecam.bench.views_options import ViewsOptions

TINY = {"frames": 120, "steps": 20, "gaussians": 200}


def quiet(_line):
    pass


def test_every_row_is_measured_on_the_street():
    options = ViewsOptions(size=(20, 32), **TINY)
    report = score_views(options, say=quiet)
    rows = report.tables[0].rows
    assert [row["fitted to"] for row in rows] == list(ROWS)
    assert all(5 < row["PSNR"] < 40 and row["seconds"] > 0 for row in rows)
    assert report.tables[1].rows[0]["objects"] == 33.31
    assert set(report.pictures["a test view"]) == {*ROWS, "truth"}


def test_a_scene_of_the_data_set_is_flown_around(data):
    options = ViewsOptions(
        data=data / "views" / "chair", size=(24, 24), truth_steps=60, method=("charge",), **TINY
    )
    lines = []
    report = score_views(options, say=lines.append)
    assert "chair" in report.source
    assert any(line.startswith("the truth: ") for line in lines)
    (row,) = report.tables[0].rows
    assert row["PSNR"] > 10


def test_what_cannot_be_is_refused(tmp_path, spikecam):
    with pytest.raises(sc.OptionError, match="no row is called nerf; they are clear pictures"):
        score_views(ViewsOptions(method=("nerf",)), say=quiet)
    with pytest.raises(sc.OptionError, match="steps is at least 4"):
        ViewsOptions(steps=1)
    ended = spikecam("bench", "views", tmp_path / "nowhere")
    assert ended.code == 2
    assert "no folder" in ended.err
