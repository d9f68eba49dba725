import csv
import json

import pytest

import spikecam as sc
from spikecam.show.table import format_terminal_table

ROWS = [
    {"frame": "20", "psnr": 30.123456, "ssim": 0.9},
    {"frame": "mean", "psnr": float("inf"), "ssim": None},
]


def test_csv_holds_whole_numbers(tmp_path):
    sc.write_table(tmp_path / "a.csv", ROWS)
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[0]["psnr"]) == 30.123456
    assert float(rows[1]["psnr"]) == float("inf")
    assert rows[1]["ssim"] == ""


def test_json_is_read_by_strict_parsers(tmp_path):
    sc.write_table(tmp_path / "a.json", ROWS)

    def refuse(word):
        raise AssertionError(word)

    rows = json.loads((tmp_path / "a.json").read_text(), parse_constant=refuse)
    assert rows[0] == ROWS[0]
    assert rows[1] == {"frame": "mean", "psnr": "inf", "ssim": None}


def test_markdown_is_a_table(tmp_path):
    sc.write_table(tmp_path / "a.md", ROWS)
    lines = (tmp_path / "a.md").read_text().splitlines()
    cells = [[format_cell.strip() for format_cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["frame", "psnr", "ssim"]
    assert set("".join(cells[1])) == {"-"}
    assert cells[2:] == [["20", "30.12", "0.9000"], ["mean", "inf", ""]]


def test_a_terminal_gets_columns():
    assert format_terminal_table(ROWS).splitlines()[1].split() == ["20", "30.12", "0.9000"]


def test_what_is_wider_than_the_terminal_goes_on_below():
    row = {"method": "tfp", "psnr, V_th 1": 28.0, "ssim, V_th 1": 0.5, "psnr, V_th 2": 27.0}
    text = format_terminal_table([row], 25)
    assert max(map(len, text.splitlines())) <= 25
    first, second = text.split("\n\n")
    assert first.split() == [
        "psnr,",
        "ssim,",
        "method",
        "V_th",
        "1",
        "V_th",
        "1",
        "tfp",
        "28.00",
        "0.5000",
    ]
    assert second.split() == ["psnr,", "method", "V_th", "2", "tfp", "27.00"]


def test_other_endings_are_refused_before_work(tmp_path):
    with pytest.raises(sc.OutputError, match=r"tables are written as \.csv, \.json, \.md"):
        sc.check_table(tmp_path / "a.xlsx")
