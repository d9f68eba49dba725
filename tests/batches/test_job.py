import re
from pathlib import Path

import pytest

from spikecam.batches.job import BatchJob, check_outputs_differ
from spikecam.batches.output_template import fill_template
from spikecam.errors import OptionError


def test_words_are_those_of_the_command_line():
    options = {"method": "tfi", "no_overwrite": True, "bits": 16, "fpn": None, "metric": ["a", "b"]}
    job = BatchJob("deblur", Path("blur.png"), "out.png", options, ("spikes.dat",))
    assert job.words() == [
        *("deblur", "blur.png", "spikes.dat", "-o", "out.png"),
        *("--method=tfi", "--no-overwrite", "--bits=16", "--metric=a", "--metric=b"),
    ]


def test_outputs_that_collide_are_named_by_their_inputs():
    jobs = [
        BatchJob("convert", name, f"out/{Path(name).stem}.h5") for name in ("a/1.dat", "b/1.dat")
    ]
    message = "a/1.dat and b/1.dat would both be written to out/1.h5"
    with pytest.raises(OptionError, match=re.escape(message)):
        check_outputs_differ(jobs)
    with pytest.raises(OptionError, match=r"b\.dat is an input and would be replaced"):
        check_outputs_differ([BatchJob("convert", "a.dat", "./b.dat"), BatchJob("x", "b.dat", "c")])
    check_outputs_differ([BatchJob("convert", "a.dat", "1.h5"), BatchJob("x", "a.dat", "2.h5")])


def test_secrets_of_addresses_stay_in_the_words_of_the_command():
    address = "https://me:word@host/day/car.dat?key=a.b"
    job = BatchJob("reconstruct", address, "o.png", {"fpn": address}, (address,))
    assert job.words()[1:3] == [address] * 2
    shown = "https://host/day/car.dat"
    settings = job.settings()
    assert [settings["input"], *settings["arguments"], settings["options"]["fpn"]] == [shown] * 3
    with pytest.raises(OptionError) as error:
        check_outputs_differ([job, job])
    assert "word" not in str(error.value)
    assert "key" not in str(error.value)
    template = "{folder} {parent} {name} {stem}"
    assert fill_template(template, address, 0, 1) == "https://host/day day car.dat car"
