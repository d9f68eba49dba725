import re

import numpy as np
import pytest

import spikecam as sc
from spikecam.bench.report import Report, Table, check_report_folder, write_report


@pytest.fixture
def report():
    rows = [{"method": "<sdm>", "PSNR": 30.123}, {"method": "none", "PSNR": None}]
    made = Report("bench", "A & B", "some data", "spikecam bench", [Table("t", "T", rows, ["n"])])
    made.pictures = {"scene": {"blurry": np.zeros((8, 12, 3)), "sharp": np.ones((8, 12))}}
    return made


def test_a_report_is_written_in_three_forms(report, tmp_path):
    written = write_report(tmp_path / "out", report)
    assert [path.name for path in written] == ["bench.md", "bench.html", "t.csv"]
    text = written[0].read_text()
    assert "Measured on some data." in text
    assert re.search(r"\| <sdm> +\| +30.12 \|", text)
    assert written[2].read_text().splitlines() == ["method,PSNR", "<sdm>,30.123", "none,"]


def test_the_page_needs_nothing_else(report, tmp_path):
    page = write_report(tmp_path, report)[1].read_text()
    assert page.count("data:image/jpeg;base64,") == 2
    assert "&lt;sdm&gt;" in page
    assert "A &amp; B" in page
    assert "http" not in page


def test_a_place_that_cannot_be_written_is_refused_before_work(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(sc.OutputError):
        check_report_folder(tmp_path / "file")
