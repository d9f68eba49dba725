import json

import pytest

from spikecam.batches.file_record import record_files
from spikecam.batches.job_list import (
    find_inputs,
    jobs_of_inputs,
    jobs_of_table,
    options_of_words,
)
from spikecam.batches.output_template import check_template, fixed_folder, has_field
from spikecam.errors import FileError, OptionError


def test_patterns_give_each_file_once_in_order(recordings):
    assert find_inputs(["**/*.dat", "a/*.dat"]) == recordings
    assert find_inputs(["b/1.dat", "a"]) == ["b/1.dat", "a"]
    with pytest.raises(FileError, match=r"nothing matches c/\*\.dat"):
        find_inputs(["a/*.dat", "c/*.dat"])


def test_patterns_of_addresses_are_listed():
    fsspec = pytest.importorskip("fsspec")
    files = fsspec.filesystem("memory")
    for name in ("/batch/b/2.dat", "/batch/a/1.dat", "/batch/a/1.txt"):
        files.pipe(name, b"0")
    inputs = find_inputs(["memory://batch/**/*.dat"])
    assert [path.rpartition("/batch/")[2] for path in inputs] == ["a/1.dat", "b/2.dat"]
    (first, _) = jobs_of_inputs("reconstruct", inputs, "out/{parent}-{stem}.png", {})
    assert first.output == "out/a-1.png"
    assert record_files(first) == {}
    with pytest.raises(FileError, match="web servers list no files"):
        find_inputs(["https://example.org/*.dat"])
    signed = "https://example.org/a.dat?key=1"
    assert find_inputs([signed]) == [signed]


def test_fields_are_filled_in_outputs_options_and_arguments(recordings):
    options = {"colour": "{folder}/photo.png", "metric": ["{parent}", "x{y}"], "overwrite": True}
    jobs = list(jobs_of_inputs("x", recordings, "o/{parent}/{index}.png", options, ["{name}"]))
    assert [job.output for job in jobs[1:3]] == ["o/a/1.png", "o/b/2.png"]
    assert jobs[3].options == {
        "colour": "b/photo.png",
        "metric": ["b", "x{y}"],
        "overwrite": True,
    }
    assert jobs[3].arguments == ("1.dat",)


def test_templates_are_checked():
    with pytest.raises(OptionError, match=r"known fields: \{stem\}, \{name\}"):
        check_template("{steem}.png", 1)
    with pytest.raises(OptionError, match=r"3 inputs .* to out\.png; .* as \{stem\}\.png"):
        check_template("out.png", 3)
    with pytest.raises(OptionError, match=r"out[/\\]\{stem\}"):
        check_template("out", 3)
    check_template("out.png", 1)
    assert not has_field("{other}")
    assert str(fixed_folder("{stem}.png")) == "."


@pytest.mark.parametrize("name", ["jobs.csv", "jobs.jsonl"])
def test_a_table_names_inputs_outputs_and_options(tmp_path, name):
    path = tmp_path / name
    if name.endswith("csv"):
        path.write_text(
            "input,input2,output,--method,overwrite\na.png,a.dat,1.png,sdm,true\n\nb.png,b.dat,2.png,,"
        )
    else:
        rows = [
            {"input": "a.png", "input2": "a.dat", "output": "1.png", "method": "sdm"},
            {"input": "b.png", "input2": "b.dat", "output": "2.png"},
        ]
        rows[0]["overwrite"] = True
        path.write_text("\n".join(map(json.dumps, rows)))
    one, other = jobs_of_table("deblur", path, None, {"method": "ldn"})
    assert one.words() == [
        *("deblur", "a.png", "a.dat", "-o", "1.png", "--method=sdm", "--overwrite")
    ]
    assert other.words() == ["deblur", "b.png", "b.dat", "-o", "2.png", "--method=ldn"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("t.csv", "input,output\na.dat", "line 2: no output; add a column output, or give -o"),
        ("t.csv", "file,output\na.dat,b.png", "line 2: no input"),
        ("t.csv", "input,output\na,b,c", "line 2: more cells"),
        ("t.csv", "input,output\n", "holds no jobs"),
        ("t.jsonl", '{"input": "a"}\n[1]', "line 2: expected an object of JSON"),
        ("t.txt", "a", "does not end like a table"),
    ],
)
def test_tables_that_are_none_are_refused(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(FileError, match=words):
        jobs_of_table("reconstruct", tmp_path / name, None, {})


def test_outputs_of_a_table_may_be_a_template(tmp_path):
    (tmp_path / "t.csv").write_text("input\na.dat\nb.dat\n")
    jobs = jobs_of_table("convert", tmp_path / "t.csv", "{stem}.h5", {})
    assert [job.output for job in jobs] == ["a.h5", "b.h5"]


def test_options_that_are_given_twice_are_a_list():
    assert options_of_words(["--metric", "psnr", "--gain", "-3", "--metric=ssim", "--q"]) == {
        "metric": ["psnr", "ssim"],
        "gain": "-3",
        "q": True,
    }
    with pytest.raises(OptionError, match=r"more\.dat: expected an option; patterns"):
        options_of_words(["--at", "3", "more.dat"])
