import numpy as np
import pytest

import spikecam as sc
from spikecam.app import region as region_module
from spikecam.app.region import Region, trace_region, write_spikes_as_csv
from spikecam.app.spike_plot import make_rate_plot_options

REGION = Region(3, 1, 10, 5)


@pytest.fixture
def frames(spikes):
    return spikes(3000, 6, 21, rate=0.1)


@pytest.fixture
def stream(frames):
    return sc.SpikeStream.from_array(frames, rate=1000)


def test_the_rate_is_the_share_of_pixels_that_fire(stream, frames):
    trace = trace_region(stream, REGION, 1500)
    assert trace.start == 500
    assert trace.rates == pytest.approx(frames[500:2501, 1:5, 3:10].mean((1, 2)))
    assert len(trace_region(stream, REGION, 0).rates) == 1001
    points = make_rate_plot_options(trace, 1500, 1000)["series"][0]["data"]
    assert points[7] == [507, pytest.approx(1000 * trace.rates[7], rel=1e-4)]
    assert make_rate_plot_options(None, 0, None)["series"][0]["data"] == []


def test_no_more_is_read_than_memory_allows(stream, monkeypatch):
    monkeypatch.setattr(region_module, "_TRACE_BYTES", 160)
    assert len(trace_region(stream, REGION, 1500).rates) == 11


def test_spikes_are_written_in_the_order_of_frames(stream, frames, tmp_path):
    path = tmp_path / "folder" / "spikes.csv"
    write_spikes_as_csv(path, stream, REGION, (100, 200))
    lines = path.read_text().splitlines()
    assert lines[0] == "frame,x,y"
    events = np.array([list(map(int, line.split(","))) for line in lines[1:]])
    t, y, x = np.nonzero(frames[100:200, 1:5, 3:10])
    assert np.array_equal(events, np.stack([t + 100, x + 3, y + 1], axis=1))


def test_too_many_spikes_are_refused(stream, monkeypatch, tmp_path):
    monkeypatch.setattr(region_module, "MAX_CSV_SPIKES", 50)
    with pytest.raises(sc.RangeError, match=r"more than .* in frames 0 to 2999; choose a smaller"):
        write_spikes_as_csv(tmp_path / "spikes.csv", stream, REGION, (0, 3000))
    assert not list(tmp_path.iterdir())


def test_a_region_is_text_of_an_address():
    assert Region.from_text(REGION.to_text()) == REGION
    for text in ("", "1,2,3", "5,1,5,2", "-1,0,2,2", "a,b,c,d", "1,1,2," + "9" * 50):
        assert Region.from_text(text) is None
    with pytest.raises(sc.OptionError, match="holds a pixel at least"):
        Region(4, 0, 4, 2)


def test_a_region_crops(stream):
    picture = np.arange(6 * 21).reshape(6, 21)
    assert REGION.crop(picture).shape == (REGION.height, REGION.width) == (4, 7)
    assert REGION.crop(picture)[0, 0] == picture[1, 3]
    assert REGION.fits(stream)
    assert not Region(0, 0, 22, 1).fits(stream)
