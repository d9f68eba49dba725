"""What tests share: random streams, the public data, and the command line in this process."""

import fcntl
import logging
import os
import shutil
import subprocess
import sys
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

import spikecam as sc
from spikecam.cli.main import main
from spikecam.fixed_pattern import FixedPattern
from spikecam.stream import SpikeStream
from spikecam.views.camera import Intrinsics
from spikecam.views.flight_folder import FlightOptions, write_flight
from spikecam.views.gaussian_flight import gaussian_flight
from spikecam.views.gaussians import Gaussians
from spikecam.views.orbit import orbit_path
from spikecam.views.ply_file import write_ply
from spikecam.views.street_scene import street_scene

ROOT = Path(__file__).parents[1]

# Machines are noisy, so no example has a deadline; a check of a change looks at the same ones.
settings.register_profile("spikecam", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("spikecam")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of public recordings, which is not part of the project."""
    folder = Path(os.environ.get("SPIKECAM_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data in {folder}; set SPIKECAM_DATA to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def moto_server():
    """The address of an object store on this machine."""
    server_module = pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(moto_server, monkeypatch, tmp_path):
    """An object store with the bucket "recordings", its keys in the environment."""
    import s3fs

    from spikecam.io import remote_s3

    environment = {
        "AWS_ENDPOINT_URL": moto_server,
        "AWS_ACCESS_KEY_ID": "name-of-a-key",
        "AWS_SECRET_ACCESS_KEY": "secret-of-a-key",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    filesystem = s3fs.S3FileSystem(use_listings_cache=False)
    if not filesystem.exists("recordings"):
        filesystem.mkdir("recordings")
    # Clients keep the credentials and the address that they were made with.
    remote_s3._client.cache_clear()
    yield filesystem
    filesystem.rm("recordings", recursive=True)
    remote_s3._client.cache_clear()


@pytest.fixture(scope="session")
def make():
    """Make as from a shell of one's own, also where make runs these tests."""

    def run(*words, cwd):
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return subprocess.run(
            ["make", *words], cwd=cwd, env=plain, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    return run


@pytest.fixture(scope="session")
def after_the_demo(tmp_path_factory, make):
    """A folder in which ``make demo`` has run, from a copy of what it needs.

    ``demo.txt`` is what it printed. It takes a minute: all processes of a test run share it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "checkout"
    with (shared / "checkout.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "demo.txt").exists():
            folder.mkdir()
            for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
                shutil.copy2(ROOT / name, folder)
            # In the environment of this run, whatever its age: it must not be installed into.
            installed = f"{sys.prefix}/.installed"
            output = make("demo", f"VENV={sys.prefix}", "-o", installed, cwd=folder)
            (folder / "demo.txt").write_text(output)
    return folder


@pytest.fixture(scope="session")
def measured_pattern(data):
    """A corner of the measured fixed pattern with a stuck pixel in it."""
    whole = FixedPattern.load(data / "real" / "fpn_gen2.npz")
    corner = slice(0, 60), slice(320, 400)
    maps = [plane[corner] for plane in (whole.offset, whole.gain, whole.deviation)]
    return FixedPattern(*maps, whole.lux, whole.bad[corner])


@pytest.fixture
def spikes():
    """Random spikes (T, H, W) of any size, from a seed."""

    def make(frames, height, width, rate=0.3, seed=0):
        rng = np.random.default_rng(seed)
        return (rng.random((frames, height, width)) < rate).astype(np.uint8)

    return make


@pytest.fixture
def steady():
    """An ideal noiseless recording of constant light: rates (H, W) in [0, 1], random phase."""

    def make(rates, frames, seed=0):
        phase = np.random.default_rng(seed).random(np.shape(rates))
        total = np.asarray(rates) * np.arange(frames + 1)[:, None, None] + phase
        return SpikeStream.from_array(np.diff(np.floor(total), axis=0))

    return make


@pytest.fixture(scope="session")
def ball():
    """A scene: a coloured ball of Gaussians of radius 1 around (2, 0, -1), opaque."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(400, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    harmonics = np.zeros((400, 4, 3))
    # The colour is the direction: red on the side of x, and so on.
    harmonics[:, 0] = directions / (2 * 0.28209479)
    parameters = (
        directions + np.array([2, 0, -1]),
        np.full((400, 3), np.log(0.08)),
        np.tile((1.0, 0, 0, 0), (400, 1)),
        np.full(400, 3.0),
        harmonics,
    )
    return Gaussians(*(np.ascontiguousarray(values, np.float32) for values in parameters))


@pytest.fixture(scope="session")
def street_corner():
    """The street scene, which takes seconds to make."""
    return street_scene()


@pytest.fixture
def ball_file(ball, tmp_path):
    """The ball as a .ply."""
    write_ply(tmp_path / "ball.ply", ball)
    return tmp_path / "ball.ply"


@pytest.fixture(scope="session")
def flight_folder(tmp_path_factory, ball):
    """A flight around a third of the ball: 301 frames of 36x32, 5 photographs of 101 frames."""
    lens = Intrinsics.from_field_of_view(36, 32, 0.8)
    path = orbit_path((2, 0, -1), 3.2, 300, turns=0.3, elevation=(10, 40))
    flight = gaussian_flight(ball, lambda time: path.camera_at(time, lens), 301)
    options = FlightOptions(photographs=5, exposure=101)
    return write_flight(tmp_path_factory.mktemp("flights") / "ball", flight, options)


@dataclass
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def spikecam(monkeypatch, capfd):
    """Run ``spikecam ARGS`` in this process."""

    def run(*args) -> Ended:
        monkeypatch.setattr(sys, "argv", ["spikecam", *map(str, args)])
        capfd.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Ended(code, *capfd.readouterr())

    return run


class InlineExecutor(Executor):
    """Runs each job as it is submitted, and counts them."""

    capacity = 2

    def __init__(self):
        self.count = 0

    def submit(self, function, /, *args, **kwargs):
        self.count += 1
        future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def stop(self):
        pass


@pytest.fixture
def inline():
    """An executor that runs each job of a batch in this process."""
    return InlineExecutor()


@pytest.fixture
def recordings(tmp_path, spikes, monkeypatch):
    """Four recordings of 60 frames of 9x6 in the current folder: a/0.dat, a/1.dat, b/0.dat, ..."""
    monkeypatch.chdir(tmp_path)
    paths = [f"{folder}/{i}.dat" for folder in "ab" for i in range(2)]
    for seed, path in enumerate(paths):
        sc.save(path, sc.SpikeStream.from_array(spikes(60, 6, 9, seed=seed)))
    return paths


def photograph(folder, count, coarse, size):
    """Save smooth pictures of random colours, which have so many coarse pixels each."""
    for i in range(count):
        colours = np.random.default_rng(i).integers(0, 256, (*coarse, 3), np.uint8)
        photo = Image.fromarray(colours).resize(size[::-1], Image.Resampling.BICUBIC)
        sc.save(folder / f"{i}.png", np.asarray(photo))


@pytest.fixture(scope="session")
def tiny_set(tmp_path_factory):
    """A data set to train on: 12 scenes of 96x64 at a threshold of 4, two of them to judge by."""
    folder = tmp_path_factory.mktemp("tiny")
    photograph(folder / "photos", 12, (6, 8), (120, 160))
    what = {"size": (64, 96), "sequences": 12, "length": 21, "speed": (0, 8), "val": 0.2, "test": 0}
    config = sc.SynthConfig(**what, thresholds=(4,), light=True)
    scenes = list(sc.Synthesis([folder / "photos"], folder / "set", config, workers=1))
    assert sum(scene.split == "val" for scene in scenes) == 2
    return folder / "set"


@pytest.fixture
def parity(data):
    """Weights, inputs and outputs of the authors' modules."""
    folder = Path(os.environ.get("SPIKECAM_PARITY", data.parent / "parity"))
    if not folder.is_dir():
        pytest.skip(f"no outputs to match in {folder}")

    from safetensors.torch import load_file

    def load(name):
        held = load_file(folder / f"{name}.safetensors")
        state = {k.removeprefix("weights."): v for k, v in held.items() if k.startswith("weights.")}
        return state, held

    return load


@pytest.fixture
def one_thread():
    """Tiny networks train in a second on one thread; on several they wait for each other."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def captures(tmp_path_factory):
    """A data set of 8 pairs of 192x160 at a threshold of 3, of which the truth is gone."""
    folder = tmp_path_factory.mktemp("captures")
    photograph(folder / "photos", 8, (16, 20), (320, 400))
    what = {"size": (160, 192), "sequences": 8, "length": 21, "speed": (0, 12), "test": 0}
    config = sc.SynthConfig(**what, val=0.25, thresholds=(3,))
    for _ in sc.Synthesis([folder / "photos"], folder / "set", config, workers=1):
        pass
    for path in (folder / "set").rglob("sharp_data/**/*.png"):
        path.write_bytes(b"not to be read")
    return folder / "set"


@pytest.fixture(scope="session")
def spikegen(tmp_path_factory):
    """Files of random weights: of SpikeGen as small as it can be, and of its autoencoder."""
    import torch

    from spikecam.networks.autoencoder import Autoencoder
    from spikecam.networks.configs.autoencoder import AutoencoderConfig
    from spikecam.networks.configs.spikegen import SpikeGenConfig
    from spikecam.networks.spikegen import SpikeGen
    from spikecam.weights.store import weights_fingerprint

    card = sc.Card("test", "", "", "", "", "", (), "")
    folder = tmp_path_factory.mktemp("spikegen")
    torch.manual_seed(0)
    codec = Autoencoder(
        AutoencoderConfig(channels=4, width=8, deep_width=8, blocks=1, deep_blocks=0)
    )
    sc.save_weights(folder / "codec.safetensors", codec, card)
    network = SpikeGen(
        SpikeGenConfig(
            channels=4,
            width=16,
            depth=1,
            decoder_depth=1,
            heads=2,
            spike_channels=(2, 3, 8),
            head_width=12,
            head_blocks=1,
            detail_width=4,
            frames=16,
            training_tokens=6,
            autoencoder=weights_fingerprint(codec),
        )
    )
    # Untrained, it adds nothing to what it sees.
    for values in network.head.parameters():
        torch.nn.init.normal_(values, std=0.2)
    sc.save_weights(folder / "spikegen.safetensors", network, card)
    return folder / "spikegen.safetensors", folder / "codec.safetensors"


@pytest.fixture(scope="session")
def refocuser(tmp_path_factory):
    """A file of random weights of the network of `defocus`, as small as it can be."""
    import torch

    from spikecam.networks.configs.refocuser import RefocuserConfig
    from spikecam.networks.refocuser import Refocuser

    torch.manual_seed(0)
    network = Refocuser(RefocuserConfig(8, 8, 8, 1, 1, 1, score_blocks=3, score_width=4))
    for name, values in network.named_parameters():
        if name.startswith(("predict.", "score.")) or name.endswith("second.weight"):
            torch.nn.init.normal_(values, std=0.1)
    path = tmp_path_factory.mktemp("refocuser") / "defocus.safetensors"
    sc.save_weights(path, network, sc.Card("test", "", "", "", "", "", (), ""))
    return path


def pytest_generate_tests(metafunc):
    """Tests that take a ``device`` run on every GPU, or on what SPIKECAM_TEST_DEVICE names."""
    if "device" in metafunc.fixturenames:
        metafunc.parametrize("device", gpu_devices() or [None], indirect=True, scope="session")


def gpu_devices():
    """GPUs of this machine; SPIKECAM_TEST_DEVICE names another device, even the processor."""
    import torch

    if name := os.environ.get("SPIKECAM_TEST_DEVICE"):
        return [name]
    if torch.cuda.is_available():
        return list(dict.fromkeys(["cuda", f"cuda:{torch.cuda.device_count() - 1}"]))
    return ["mps"] if torch.backends.mps.is_available() else []


@pytest.fixture(scope="session")
def device(request):
    if request.param is None:
        pytest.skip("there is no GPU here")
    return request.param


@pytest.fixture(scope="session")
def browser():
    """A browser, of which there is one in a process: its loop goes on until the end."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium, without which the app is not tested: make browser")
        pytest.skip("no Chromium; make browser installs it on Debian")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's sandbox is not available everywhere, and the pages are our own.
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()
