"""A package of a user's own, built from the manual's page, adds methods without a line here."""

import os
import re
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import spikecam as sc
from spikecam.frames import frames_with_window

PAGE = Path(__file__).parents[1] / "docs" / "your-method.md"
MAIN = "from spikecam.cli.main import main; main()"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def install(folder, project, modules):
    """Install a package of these modules, by name, as its project file says."""
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    name, version, groups = (project[key] for key in ("name", "version", "entry-points"))
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, entries in groups.items()
        for line in (f"[{group}]", *(f"{entry} = {value}" for entry, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join([*lines, ""]))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The packages of the page, installed into a folder, with the second method of the page."""
    folder = tmp_path_factory.mktemp("installed")
    method, network = (tomllib.loads(block)["project"] for block in blocks("toml"))
    tfi_mean, ratio, declaration, module = blocks("python")
    method["entry-points"]["spikecam.methods"]["ratio"] = "ratio_method:METHOD"
    install(folder, method, {"spikecam_tfi_mean": tfi_mean, "ratio_method": ratio})
    modules = {"spikecam_two_convs": declaration, "two_convs_network": module}
    install(folder, network, modules)
    return folder


@pytest.fixture
def run(installed, tmp_path):
    """Run Python with the package installed, in a folder with a recording and a picture."""
    light = np.random.default_rng(0).random((60, 10, 16)) < 0.3
    stream = sc.SpikeStream.from_array(light)
    sc.write_recording(tmp_path / "spikes.npz", stream)
    sc.save(tmp_path / "blur.png", np.random.default_rng(1).random((20, 32, 3)))
    paths = [str(installed), str(Path(sc.__file__).parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    # NiceGUI serves its own tests where it finds this.
    environment.pop("PYTEST_CURRENT_TEST", None)

    def start(code, *args):
        command = [sys.executable, "-W", "error::UserWarning", "-c", code, *map(str, args)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    start.folder, start.stream, start.environment = tmp_path, stream, environment
    return start


def ended_well(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def read_page(address):
    """The page at an address, once the server listens."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(address) as page:
                return page.read().decode()
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no server listens at {address}")


def tfi_mean(stream, frame, window=17):
    span = range(frame - window // 2, frame + window // 2 + 1)
    return sc.reconstruct(stream, method="tfi", frames=span).mean(axis=0)


def test_the_page_shows_it_in_less_than_forty_lines():
    assert len((blocks("toml")[0] + blocks("python")[0]).splitlines()) < 40


def test_in_python(run):
    code = (
        "import numpy as np, spikecam as sc\n"
        "stream = sc.open('spikes.npz')\n"
        "np.save('mean.npy', sc.reconstruct(stream, 30, 'tfi-mean', window=9))\n"
        "np.save('all.npy', np.stack(list(sc.reconstruct_frames(stream, 'TFI-Mean'))))\n"
        "np.save('sharp.npy', sc.deblur('blur.png', stream, frames=3, method='ratio'))\n"
        "request = sc.ReconstructRequest(sc.RecordingFile('spikes.npz'), 'tfi-mean')\n"
        "print(len(request.check('video').frames))\n"
    )
    out = ended_well(run(code))
    stream = run.stream
    assert np.array_equal(np.load(run.folder / "mean.npy"), tfi_mean(stream, 30, 9))
    frames = frames_with_window(stream, 17)
    assert int(out) == len(frames)
    assert np.array_equal(
        np.load(run.folder / "all.npy"), np.stack([tfi_mean(stream, frame) for frame in frames])
    )
    assert np.load(run.folder / "sharp.npy").shape == (3, 20, 32, 3)


def test_wrong_options_are_refused_as_those_of_other_methods_are(run):
    done = run("import spikecam as sc; sc.reconstruct('spikes.npz', method='tfi-mean', reach=3)")
    assert "tfi-mean has no option 'reach'; it takes window" in done.stderr


def test_on_the_command_line(run):
    words = "reconstruct spikes.npz -o mean.png --at 30 --method tfi-mean --window 9"
    ended_well(run(MAIN, *words.split()))
    expected = tfi_mean(run.stream, 30, 9)
    np.testing.assert_allclose(sc.read_picture(run.folder / "mean.png"), expected, atol=0.003)
    ended_well(run(MAIN, *["deblur", "blur.png", "spikes.npz", "-o", "sharp", "--method", "ratio"]))
    assert len(list((run.folder / "sharp").glob("*.png"))) == 7
    assert "tfi-mean" in ended_well(run(MAIN, "reconstruct", "--help"))


def test_in_the_app(run):
    code = f"import sys; sys.argv[0] = 'spikecam'; {MAIN}"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code, "app", ".", "--no-browser"],
        cwd=run.folder,
        env=run.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as app:
        try:
            address = next(word for line in app.stdout for word in line.split() if "://" in word)
            text = read_page(address)
        finally:
            app.terminate()
    assert "tfi-mean: mean of TFI in a window" in text
    assert "ratio: the picture times the ratio of rates" in text


def test_in_the_benchmarks(run):
    for words in ("reconstruct --limit 1 --method tfi-mean:9", "gopro --limit 1 --method ratio"):
        out = ended_well(run(MAIN, "bench", *words.split()))
        assert words.split()[-1] in out


def test_a_network_is_trained_and_makes_pictures(run):
    for i in range(3):
        photo = np.random.default_rng(i).random((120, 160))
        sc.save(run.folder / "photos" / f"{i}.png", photo)
    sizes = "--network-config width=4 --network-config window=5"
    scenes = "--crop 16 --size 64x64 --scene-frames 5 --scenes 1"
    quick = "--epochs 1 --steps 1 --batch 1 --lr 1e-3 --cosine --workers 0 --device cpu"
    weights = "--weights run/two-convs.safetensors"
    commands = (
        f"train reconstruction photos -o run --network two-convs {sizes} {scenes} {quick}",
        f"reconstruct spikes.npz -o picture.png --at 30 --method two-convs {weights}",
    )
    code = (
        "import sys; from spikecam.cli.main import main\n"
        "for words in sys.argv[1:]: sys.argv[1:] = words.split(); main()\n"
    )
    ended_well(run(code, *commands))
    assert sc.read_picture(run.folder / "picture.png").shape == (10, 16)
