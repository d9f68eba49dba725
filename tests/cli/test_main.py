"""What all commands have in common: their list, quiet, JSON, completion, and the page on them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import spikecam as sc
from spikecam.cli.main import COMMANDS, build_app
from spikecam.method import RESERVED_NAMES, Takes, all_methods

ROOT = Path(__file__).parents[2]
SIZE = ("--size", "9x6")


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_printed(spikecam, flag):
    ended = spikecam(flag)
    assert (ended.code, ended.out) == (0, f"spikecam {sc.__version__}\n")


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_all_commands_are_listed(spikecam, words):
    ended = spikecam(*words)
    assert (ended.code, ended.err) == (0, "")
    for name in COMMANDS:
        assert re.search(rf"^│ {name} +[A-Z]", ended.out, re.MULTILINE), name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(spikecam, name):
    ended = spikecam(name, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Usage: spikecam {name} ")
    for option in ("--quiet", "--json", "--debug"):
        assert option in ended.out


def test_it_runs_as_a_module():
    run = [sys.executable, "-m", "spikecam", "--version"]
    assert subprocess.run(run, capture_output=True, text=True).stdout.startswith("spikecam ")


def test_the_list_of_commands_is_there_at_once():
    """Half a second of work; what the machine does for others does not count."""
    code = "import time; from spikecam.cli.main import main; main(); print(time.process_time())"
    run = [sys.executable, "-c", code, "--help"]
    seconds = min(
        float(subprocess.run(run, capture_output=True, text=True).stdout.split()[-1])
        for _ in range(3)
    )
    assert seconds < 0.7


def test_quiet_prints_errors_alone(spikecam, recording, tmp_path):
    for words in (
        ("reconstruct", recording, *SIZE, "-o", tmp_path / "a.png"),
        ("info", recording, *SIZE),
        ("weights", "list"),
    ):
        for position in (0, len(words)):
            ended = spikecam(*words[:position], "-q", *words[position:])
            assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert (tmp_path / "a.png").exists()
    assert "does not exist" in spikecam("info", "none.dat", "--quiet").err
    # The next command says what it did again.
    assert spikecam("info", recording, *SIZE).out


def test_results_are_json_where_it_is_asked_for(spikecam, recording, tmp_path):
    out = tmp_path / "frames"
    words = ("reconstruct", recording, *SIZE, "-o", out, "--frames", "20:26:5", "--json")
    words += ("--method", "tfp")
    facts = json.loads(spikecam(*words).out)
    assert facts == {"file": str(out), "kind": "folder", "frames": [20, 25], "notes": []}
    facts = json.loads(spikecam("convert", recording, *SIZE, "-o", out / "a.npz", "--json").out)
    assert (facts["frames"], facts["height"], facts["width"]) == (60, 6, 9)
    facts = json.loads(spikecam("info", recording, *SIZE, "--json", "-q").out)
    assert facts["frames"] == 60


def test_an_output_that_exists_is_replaced_or_refused(spikecam, recording, tmp_path):
    folder = ("reconstruct", recording, *SIZE, "-o", tmp_path / "frames", "--frames", "20:23")
    picture = ("reconstruct", recording, *SIZE, "-o", tmp_path / "a.png")
    for words in (folder, picture):
        assert spikecam(*words).code == 0
    assert "is in use" in spikecam(*folder).err
    assert spikecam(*folder, "--overwrite").code == 0
    assert spikecam(*picture).code == 0
    ended = spikecam(*picture, "--no-overwrite")
    assert ended.code == 2
    assert "a.png" in ended.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed(spikecam, tmp_path, monkeypatch, shell):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", f"/bin/{shell}")
    monkeypatch.delenv("BASH_VERSION", raising=False)
    ended = spikecam("--install-completion", "--shell", shell)
    assert ended.code == 0, ended.err
    scripts = [path for path in tmp_path.rglob("*") if path.is_file() and "spikecam" in path.name]
    assert len(scripts) == 1
    assert str(scripts[0]) in ended.out.replace("\n", "")


def test_bash_completes_commands(tmp_path):
    script = build_app().generate_completion(shell="bash")
    (tmp_path / "spikecam.bash").write_text(script)
    (function,) = re.findall(r"complete .*-F (\w+)", script)
    code = f"source {tmp_path}/spikecam.bash; COMP_WORDS=(spikecam rec); COMP_CWORD=1; "
    code += f"COMP_LINE='spikecam rec'; COMP_POINT=12; {function} spikecam rec spikecam; "
    code += "echo ${COMPREPLY[@]}"
    run = subprocess.run(
        ["bash", "--norc", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert "reconstruct" in run.stdout, run.stderr


def test_the_page_lists_every_command_and_exit_code():
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE) == list(COMMANDS)
    assert re.findall(r"^\| (\d+) \|", page, re.MULTILINE) == ["0", "1", "2", "130"]
    for option in ("--quiet", "--json", "--debug", "--version", "--help"):
        assert f"`{option}`" in page


@pytest.mark.parametrize("name", ["reconstruct", "flow", "deblur", "generate", "view", "live"])
def test_no_option_of_a_method_is_called_as_a_flag_of_a_command(name):
    arguments = build_app([name])[name].assemble_argument_collection()
    flags = {one.name[2:].replace("-", "_") for one in arguments if one.name[:2] == "--"}
    options = {
        option for takes in Takes for one in all_methods(takes) for option in one.option_names
    }
    own = {flag for flag in flags if flag.partition(".")[0] not in options}
    assert own <= RESERVED_NAMES
    assert not options & RESERVED_NAMES
