"""Bad input: one line that names the file and what to try, exit code 2, and no output."""

import os
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

import spikecam as sc


@pytest.fixture
def folder(tmp_path, recording, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recording.rename("good.dat")
    (tmp_path / "empty.dat").touch()
    (tmp_path / "some").mkdir()
    (tmp_path / "over.dat").write_bytes(bytes(12503))
    np.savez("keys.npz", other=1)
    np.savez("values.npz", spk=np.full((3, 4, 5), 3))
    sc.save("blur.png", np.full((24, 36, 3), 0.5))
    sc.save("crooked.png", np.full((24, 40, 3), 0.5))
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "file").touch()
    return tmp_path


DEBLUR = "deblur blur.png good.dat --size 9x6"
CASES = {
    "reconstruct empty.dat --size 9x6": "empty.dat is empty",
    "reconstruct missing.dat --size 9x6": "missing.dat does not exist",
    "reconstruct some --size 9x6": "some is a folder",
    "reconstruct over.dat --size 400x250": "3 bytes more; no known size fits it; give the",
    "reconstruct good.dat --camera gen2": "good.dat holds 0 whole frames of 400x250",
    "reconstruct good.dat": "--size WIDTHxHEIGHT",
    "reconstruct good.dat --size 9": "expected WIDTHxHEIGHT",
    "reconstruct good.dat --size 9x99999999999999999999": "choose a smaller size\n",
    "reconstruct good.dat --size 9x6x3": "expected WIDTHxHEIGHT",
    "reconstruct good.dat --size 0x6": "--size 0x6: expected WIDTHxHEIGHT",
    "reconstruct good.dat --camera gen9": "known cameras: gen2",
    "reconstruct good.dat --size 9x6 --camera gen2": "two sizes",
    "reconstruct keys.npz": "keys.npz holds the keys other",
    "reconstruct values.npz": "values.npz, key spk: spikes are 0 or 1",
    "reconstruct good.dat --size 9x6 --method tpf": "known methods: aligned, base",
    "reconstruct good.dat --size 9x6 --window 61": "longer than good.dat of 60",
    "reconstruct good.dat --size 9x6 --window 8": "odd number",
    "reconstruct good.dat --size 9x6 --method tfp --at 3": "leaves good.dat of 60 frames; choose",
    "reconstruct good.dat --size 9x6 --at -3": "from 0 to 59",
    "reconstruct good.dat --size 9x6 --method tfi --at 60": "from 0 to 59",
    "reconstruct good.dat --size 9x6 --method tfstp --window 9": "defocus, tfi or tfp; tfstp has",
    "reconstruct good.dat --size 9x6 --frames 30:20": "start below its stop",
    "reconstruct good.dat --size 9x6 --frames 0": "cannot be spread",
    "reconstruct good.dat --size 9x6 --gamma inf": "positive gamma from 0.05 to 20, not inf",
    "reconstruct good.dat --size 9x6 --gamma 1e-320": "positive gamma from",
    "reconstruct good.dat --size 9x6 --at 1.5": "--at 1.5: expected a whole number",
    "reconstruct good.dat --size 9x6 --tpye tfi": "has no option --tpye",
    "reconstruct good.dat --size 9x6 --at": "--at takes a value",
    "reconstruct good.dat --size 9x6 --at 3 --at 4": "--at is given twice",
    "reconstruct good.dat more.dat --size 9x6": "more.dat: spikecam reconstruct takes no more",
    "reconstruct": "spikecam reconstruct needs SPIKES",
    "simulat good.dat": "has no command simulat; did you mean simulate?",
    "reconstruct good.dat --size -5x10": "--size takes a value",
    "reconstruct good.dat --size 9x6 --frames a:b": "expected START:STOP",
    "reconstruct good.dat --size 9x6 --frames 20:30:0": "the step is at least 1",
    "reconstruct good.dat --size 9x6 --frames 1:2:3:4": "expected START:STOP",
    "reconstruct good.dat --size 9x6 --frames 25:30 --at 3": "not both",
    "reconstruct good.dat --size 9x6 --stretch 3": "expected LOW:HIGH",
    "reconstruct good.dat --size 9x6 --levels 3": "expected BLACK:WHITE",
    "reconstruct good.dat --size 9x6 --levels 0.6:0.1": "white above black",
    "reconstruct good.dat --size 9x6 --stretch 90:10": "percentiles rise",
    "reconstruct good.dat --size 9x6 --gamma 0": "positive gamma",
    "reconstruct good.dat --size 9x6 --bits 7": "8 or 16",
    f"{DEBLUR} --exposure 20:70": "exposure 20:70 leaves the recording, whose frames are 0:60",
    f"{DEBLUR} --exposure 20:30:2": "expected START:STOP",
    f"{DEBLUR} --at 5 --method sdm": "from 8 to 51",
    f"{DEBLUR} --at 60": "from 0 to 59",
    f"{DEBLUR} --window 17": "--window goes with --method sdm; refined has no window",
    f"{DEBLUR} --weights refined --weights ldn": "refined takes 1 --weights, not 2",
    f"{DEBLUR} --method teacher --weights bsn": "teacher takes 2 --weights, not 1",
    f"{DEBLUR} --method sdm --weights a --weights b": "ldn, refined, spkdeblurnet or",
    f"{DEBLUR} --method bogus --weights a --weights b": "no method 'bogus'",
    f"{DEBLUR} --method edi": "known methods: colour, ldn, refined, sdm",
    f"{DEBLUR} --frames 99": "cannot be spread",
    f"{DEBLUR} --frames 0": "cannot be spread",
    f"{DEBLUR} --frames few": "a number",
    "deblur crooked.png good.dat --size 9x6": "crooked.png of 40x24 is 4.44 times as wide",
    "deblur text.png good.dat --size 9x6": "text.png is not a readable picture",
    "deblur none.png good.dat --size 9x6": "none.png does not exist",
    "view good.dat --size 9x6 --at 99": "from 0 to 59",
    "convert good.dat --size 9x6 --frames 50:70": "0:60",
    "convert good.dat --size 9x6 --flip up": "--flip up: expected one of vertical, horizontal, b",
    "convert good.dat --size 9x6 --rotate 45": "--rotate 45: expected one of 90, 180, 270",
    "convert good.dat --size 9x6 --crop 1:2": "crop 1:2: expected TOP:BOTTOM,LEFT:RIGHT",
    "convert good.dat --size 9x6 --crop :7,:": "rows 0:7 are not inside good.dat, whose rows are",
    "convert good.dat --size 9x6 --rotate 90 --crop :,:9": "columns 0:9 are not inside good.dat,",
    "calibrate fpn good.dat --size 9x6 --flip both": "neither flipped, rotated nor cropped",
    "generate good.dat --size 9x6 --mirror": "mirror is of a blurry picture",
    "generate blur.png --flip vertical": "--flip is of spikes, and there is a picture alone",
}


@pytest.mark.parametrize("command", CASES)
def test_bad_input_is_one_line_and_leaves_nothing(refused, folder, command):
    out = "out.npz" if command.startswith(("convert", "calibrate")) else "out.png"
    if "--frames" in command and not command.startswith("convert"):
        out = "out"
    refused(folder, CASES[command], command, out)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("file/out.png", "cannot write file"),
        ("some/../good.dat", "not written as .dat"),
        ("out.avi", "not written as .avi"),
        ("blur.png", "blur.png is an input"),
        (".", "is in use"),
    ],
)
def test_outputs_that_cannot_be_are_refused(spikecam, folder, out, message):
    before = sorted(folder.rglob("*"))
    ended = spikecam(*DEBLUR.split(), "-o", out)
    assert ended.code == 2
    assert message in ended.err
    assert sorted(folder.rglob("*")) == before


def test_a_picture_holds_one_frame(spikecam, folder):
    ended = spikecam(*DEBLUR.split(), "-o", "out.png", "--frames", "3")
    assert ended.code == 2
    assert "is one picture, and 3 frames were asked for" in ended.err


def test_a_broken_last_frame_can_be_left_out(spikecam, folder):
    ended = spikecam("info", "over.dat", "--camera", "gen2", "--truncate")
    assert ended.code == 0


def test_names_that_are_not_text_are_read_and_named(spikecam, folder):
    name = b"\xff spikes.dat".decode("utf-8", "surrogateescape")
    os.rename("good.dat", name)
    assert spikecam("info", name, "--size", "9x6").code == 0
    ended = spikecam("info", name, "--size", "9x7")
    assert ended.code == 2
    assert "spikes.dat" in ended.err


@pytest.mark.parametrize(
    ("command", "part", "number"),
    [
        ("reconstruct long.dat -o out.mp4 --frames 20:50000", ".out.*.part.mp4", signal.SIGINT),
        ("reconstruct long.dat -o out --frames 20:50000", ".out.*.part", signal.SIGTERM),
        ("convert long.dat -o out.h5", ".out.*.part.h5", signal.SIGINT),
    ],
)
def test_an_interruption_leaves_nothing(tmp_path, command, part, number):
    """Ctrl-C in the middle of the work: no file under the final name, and no other."""
    with (tmp_path / "long.dat").open("wb") as file:
        os.truncate(file.fileno(), 12_500 * 60_000)
    program = [sys.executable, "-c", "from spikecam.cli.main import main; main()"]
    words = [*program, *command.split(), "--camera", "gen2"]
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(part)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "spikecam: interrupted" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.dat"]


def test_pictures_that_are_read_are_never_replaced(spikecam, folder):
    """Data sets name their pictures by number, as results are."""
    sc.save("frames/000001.png", np.full((24, 36, 3), 0.5))
    command = "deblur frames/000001.png good.dat --size 9x6 -o frames"
    ended = spikecam(*command.split())
    assert ended.code == 2
    assert "folder frames is in use" in ended.err
    assert sc.read_picture("frames/000001.png").shape == (24, 36, 3)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("app --port 99999", "--port is from 0 to 65535, not 99999"),
        ("app --upload -1", "--upload is from 0 to 1,000,000 GB, not -1"),
        ("live good.dat --size 9x6 --fps 0", "--fps is from 1 to 1000, not 0"),
        (
            "live good.dat --size 9x6 --method tfi",
            "live pictures are made by fusion or tfp or tfstp, not",
        ),
        ("info --bogus", "spikecam info has no option --bogus"),
    ],
)
def test_a_slip_of_the_finger_is_one_sentence(spikecam, folder, command, message):
    ended = spikecam(*command.split())
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert ended.err.startswith(f"spikecam: {message}")


@pytest.mark.parametrize("words", ["-o -", "--out -", "--out=-"])
@pytest.mark.parametrize(
    "command", ["reconstruct good.dat --size 9x6", "convert good.dat --size 9x6"]
)
def test_outputs_are_never_standard_output(spikecam, folder, command, words):
    ended = spikecam(*command.split(), *words.split())
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "spikecam: outputs are files or folders, not standard output (-); name one\n"
    )


def test_a_warning_is_one_line(spikecam, folder, monkeypatch):
    def warn(*args, **options):
        warnings.warn("the light is\nlow", stacklevel=1)
        raise sc.OptionError("no more")

    monkeypatch.setattr("spikecam.summarize_recording", warn, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        ended = spikecam("info", "good.dat", "--size", "9x6")
        assert ended.err == "spikecam: warning: the light is low\nspikecam: no more\n"
        assert spikecam("info", "good.dat", "--quiet").err.count("warning") == 0


def test_memory_that_is_not_there_is_one_sentence(spikecam, folder, monkeypatch):
    def run_out(*args, **options):
        raise MemoryError

    monkeypatch.setattr("spikecam.summarize_recording", run_out, raising=False)
    ended = spikecam("info", "good.dat", "--size", "9x6")
    assert ended.code == 2
    assert ended.err.startswith("spikecam: memory ran out; choose fewer frames or a smaller size")


@pytest.mark.parametrize(
    "command",
    [
        "info wide.dat --size 1000000x1000000",
        "view wide.dat --size 1000000x1000000 --window 1 -o a.png",
        "simulate blur.png --size 1000000x1000000 -o a.dat",
        "synth blur.png --size 400000x400000 --sequences 1 --val 0 --test 0 -o s",
        "generate blur.png --samples 1000000000 --steps 2 -o a.png",
    ],
)
def test_what_does_not_fit_into_memory_is_refused_before_work(spikecam, folder, command):
    with (folder / "wide.dat").open("wb") as file:
        os.truncate(file.fileno(), 250_000_000_000)
    before = sorted(folder.rglob("*"))
    ended = spikecam(*command.split())
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "memory" in ended.err
    assert sorted(folder.rglob("*")) == before


def test_a_fault_is_short_and_asks_to_report(spikecam, folder, monkeypatch):
    def fail(*args, **options):
        raise KeyError("charge")

    monkeypatch.setattr("spikecam.summarize_recording", fail, raising=False)
    ended = spikecam("info", "good.dat", "--size", "9x6")
    assert ended.code == 1
    assert ended.err == (
        "spikecam: a fault of spikecam itself, KeyError: 'charge'; please report it with the "
        "command and what it prints with --debug\n"
    )
    ended = spikecam("info", "good.dat", "--size", "9x6", "--debug")
    assert ended.code == 1
    assert "Traceback" in ended.err
    monkeypatch.setenv("SPIKECAM_DEBUG", "1")
    assert "Traceback" in spikecam("info", "good.dat", "--size", "9x6").err
