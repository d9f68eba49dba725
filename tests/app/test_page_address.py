"""What a page shows, as its address."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from spikecam.app.page_address import DEBLUR, PageAddress
from spikecam.app.region import Region
from spikecam.app.zoom import Zoom

BARE = Path(os.fsdecode(b"/data/a b&c\xff/\xe6\x97\xa5.dat"))


@pytest.mark.parametrize(
    "address",
    [
        PageAddress(),
        PageAddress(is_sample=True, frame=68, method="tfi", tab=DEBLUR),
        PageAddress(BARE, camera=(250, 400), rate=20_000, frame=0, method="tfp", window=41),
        PageAddress(BARE, camera="gen2-raw", rate=0.5),
        PageAddress(is_sample=True, zoom=Zoom(7.656, 182.25, 89.5), pixel=(0, 179)),
        PageAddress(BARE, region=Region(1, 2, 30, 40), colours="turbo", levels=(0.1, 0.25)),
        PageAddress(BARE, compare="tfi", second="a b%FF.dat", cut=0),
        PageAddress(BARE, percentiles=(0.5, 100), gamma=1.7, in_frame=0, out_frame=43),
        PageAddress(is_sample=True, out_frame=5),
    ],
)
def test_an_address_is_read_again(address):
    url = urlsplit(address.to_url())
    assert url.path == "/"
    assert PageAddress.from_query(dict(parse_qsl(url.query))) == address


def test_what_is_no_value_is_left_out():
    for query in (
        {"recording": "sample", "frame": "-1", "window": "1e9", "rate": "nan", "size": "4x"},
        {"recording": "sample", "frame": "9" * 5000, "tab": "other", "rate": "-3", "key": "k"},
        {"recording": "sample", "zoom": "0,1,1", "pixel": "1", "region": "3,3,3,3", "cut": "1"},
        {"recording": "sample", "zoom": "1,nan,2", "pixel": "a,b", "levels": "2,1"},
        {"recording": "sample", "zoom": "8", "levels": "0,inf"},
        {"recording": "sample", "percentiles": "-1,99", "gamma": "0.4", "in": "7", "out": "7"},
        {"recording": "sample", "percentiles": "1,101", "gamma": "3.1", "in": "-2", "out": "1.5"},
        {"recording": "sample", "percentiles": "nan,9", "gamma": "nan", "in": "8", "out": "7"},
    ):
        assert PageAddress.from_query(query) == PageAddress(is_sample=True)
    query = {"recording": "sample", "compare": "tfi", "cut": "101"}
    assert PageAddress.from_query(query) == PageAddress(is_sample=True, compare="tfi")
    assert not PageAddress.from_query({"frame": "3"}).is_open


def test_a_recording_is_the_same_if_it_is_read_in_the_same_way():
    address = PageAddress(BARE, camera=(250, 400), frame=3)
    assert address.shows_recording_of(PageAddress(BARE, camera=(250, 400), method="tfi"))
    assert not address.shows_recording_of(PageAddress(BARE, camera=(250, 416), frame=3))
