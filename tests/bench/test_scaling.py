import pytest

import spikecam as sc
from spikecam.bench import scaling

STEPS = scaling.GrowthSizes(
    frames=(20, 40),
    recording_size=(8, 16),
    pixels=((8, 16), (16, 16)),
    recording_frames=30,
    windows=(3, 9),
    pictures=((64, 64), (64, 96)),
    min_rounds=1,
    min_seconds=0,
)


@pytest.mark.usefixtures("one_thread")
def test_every_kind_has_its_plot_and_powers(tmp_path):
    said = []
    rows = scaling.measure_growth(tmp_path, STEPS, say=said.append)
    for name in scaling.FILES:
        assert sc.read_picture(tmp_path / name).ndim == 3
    found = {(row["what"], row["with"]) for row in rows}
    assert len(found) == len(rows) == len(said) == 17
    assert {("TFSTP", "frames"), ("simulate", "pixels"), ("TFP", "window")} <= found
    assert {what for what, grown in found if "picture" in grown} >= {"SDM", "refined-small"}


def test_powers_are_those_of_the_times(tmp_path, monkeypatch):
    def cubed(steps):
        return [1.0, 2.0, 4.0], {"ms": {"cube": [1.0, 8.0, 64.0]}}

    for name in ("_over_frames", "_over_pixels", "_over_windows", "_over_pictures"):
        monkeypatch.setattr(scaling, name, cubed)
    assert [row["power"] for row in scaling.measure_growth(tmp_path)] == pytest.approx([3] * 4)


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(sc.OutputError):
        scaling.measure_growth(tmp_path / "file" / "folder", STEPS)
