"""``simulate``, ``synth`` and ``calibrate``."""

import json

import numpy as np
import pytest

import spikecam as sc
from spikecam.gray import as_gray
from spikecam.srgb import srgb_to_linear


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A photograph, a clip of a moving square, and a folder of three more photographs."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    sc.save("photo.jpg", np.kron(rng.random((20, 30, 3)), np.ones((8, 8, 1))))
    for i in range(3):
        sc.save(f"photos/{i}.png", np.kron(rng.random((12, 12, 3)), np.ones((10, 10, 1))))
    frames = np.full((20, 48, 64), 0.2)
    for t in range(20):
        frames[t, 10:30, t : 20 + t] = 0.8
    sc.save("clip.mp4", frames)
    (tmp_path / "text.mp4").write_text("no video")
    content = (tmp_path / "clip.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) * 2 // 3])
    sc.save("tiny.png", np.zeros((30, 30)))
    sc.FixedPattern.random((10, 10), 0).save("fpn.npz")
    (tmp_path / "photo.webp").write_bytes(b"RIFF")
    return tmp_path


def test_a_video_that_ends_early_is_told(folder, spikecam, monkeypatch):
    monkeypatch.setattr("spikecam.scenes.scene_frames.count_frames", lambda path: 25)
    ended = spikecam("simulate", "clip.mp4", "-o", "a.dat", "--blur", "b.png")
    assert ended.code == 2
    assert "clip.mp4 ends early: 153 of 193 frames" in ended.err
    assert not list(folder.glob("a.*")) + list(folder.glob("b.*"))


def test_a_recording_has_the_ending_of_one(folder, spikecam):
    ended = spikecam("simulate", "photo.jpg", "-o", "out.foo", "--blur", "b.png")
    assert ended.code == 2
    assert "out.foo: recordings are written as" in ended.err
    assert not (folder / "b.png").exists()


def test_a_photograph_is_simulated_and_brought_back(folder, spikecam):
    ended = spikecam("simulate", "photo.jpg", "-o", "car.dat", "--blur", "blur.png")
    assert ended.code == 0
    assert "137 frames of 48x32" in ended.out
    spikes = sc.open("car.dat")
    assert spikes.exposure == (20, 117)
    assert sc.read_picture("blur.png").shape == (128, 192, 3)
    assert spikecam("deblur", "blur.png", "car.dat", "-o", "sharp").code == 0


def test_a_video_is_simulated(folder, spikecam):
    words = "simulate clip.mp4 -o a.dat --interpolate 3 --preset ideal --threshold 2 --full"
    ended = spikecam(*words.split(), "--exposure", "5:30", "--blur", "b.png", "--rate", "20000")
    assert ended.code == 0
    spikes = sc.open("a.dat")
    assert (spikes.shape, spikes.rate, spikes.exposure) == ((58, 48, 64), 20000, (5, 30))
    assert spikes.count()[40, 60] == pytest.approx(58 * srgb_to_linear(0.2) / 2, abs=1.5)
    ended = spikecam(*words.replace("a.dat", "linear.dat").split(), "--encoding", "linear")
    assert ended.code == 0
    assert sc.open("linear.dat").count()[40, 60] == pytest.approx(58 * 0.1, abs=2)


@pytest.mark.parametrize(("factor", "span"), [(4, (0, 77)), (5, (20, 76)), (8, (20, 133))])
def test_the_exposure_of_a_video_is_all_but_its_ends(folder, spikecam, factor, span):
    assert spikecam("simulate", "clip.mp4", "-o", "a.dat", "--interpolate", factor).code == 0
    assert sc.open("a.dat").exposure == span


def test_a_part_of_a_video_is_simulated(folder, spikecam):
    words = "simulate clip.mp4 -o a.dat --interpolate 3 --frames 5:12"
    assert spikecam(*words.split()).code == 0
    assert sc.open("a.dat").shape == (19, 12, 16)


def test_a_photograph_is_simulated_in_a_size(folder, spikecam):
    assert (
        spikecam(
            *["simulate", "photo.jpg", "-o", "a.dat", "--size", "100x50", "--full", "--speed", "5"]
        ).code
        == 0
    )
    assert sc.open("a.dat").shape == (137, 50, 100)


def test_a_camera_stands_still_before_all_of_a_photograph(folder, spikecam):
    photo = sc.read_picture("photo.jpg")
    for encoding, light in (("srgb", srgb_to_linear(photo)), ("linear", photo)):
        words = "simulate photo.jpg -o a.dat --still 400 --full --preset ideal --blur b.png"
        words += f" --overwrite --encoding {encoding}"
        assert spikecam(*words.split()).code == 0
        assert sc.open("a.dat").count() / 400 == pytest.approx(as_gray(light), abs=1.01 / 400)
        assert np.array_equal(sc.read_picture("b.png"), photo)


def test_a_data_set_is_made_and_gone_on_with(folder, spikecam):
    words = "synth photos -o set --sequences 5 --size 96x64 --speed 0:9 --length 9 --thresholds 1,2"
    first = spikecam(*words.split())
    assert first.code == 0
    assert "5 scenes" in first.out
    assert spikecam(*words.split()).out == first.out
    assert len(sc.read_spike_gopro("set")) == 3
    assert {str(pair.encoding) for pair in sc.read_spike_gopro("set")} <= {"srgb", "linear"}


def test_a_fixed_pattern_is_calibrated_and_used(folder, spikecam):
    fpn = sc.FixedPattern.random((40, 48), 0)
    for name, light in (("dark", 0.004), ("mid", 0.1), ("bright", 0.2)):
        frames = np.full((600, 40, 48), light, np.float32)
        sc.save(f"{name}.dat", sc.simulate(frames, "ideal", fpn=fpn))
    ended = spikecam(
        "calibrate",
        "fpn",
        "dark.dat",
        "mid.dat",
        "bright.dat",
        "-o",
        "fpn.npz",
        "--lux",
        "4.4,121.7,273.8",
    )
    assert ended.code == 0
    assert "48x40 pixels" in ended.out
    spread = []
    for name, options in (("raw", []), ("clean", ["--fpn", "fpn.npz"])):
        words = [
            "reconstruct",
            "bright.dat",
            "-o",
            f"{name}.png",
            "--window",
            "401",
            "--bits",
            "16",
        ]
        assert spikecam(*words, *options).code == 0
        picture = sc.read_picture(f"{name}.png")
        spread.append(picture.std() / picture.mean())
    assert spread[1] < 0.3 * spread[0]
    sc.save("gray.png", np.full((160, 192, 3), 0.5))
    words = ["deblur", "gray.png", "bright.dat", "--exposure", "50:550", "-o", "out.png"]
    assert spikecam(*words, "--fpn", "fpn.npz").code == 0


def test_one_field_is_enough(folder, spikecam):
    sc.save("one.npz", sc.simulate(np.full((300, 40, 48), 0.3, np.float32)))
    ended = spikecam("calibrate", "fpn", "one.npz", "-o", "fpn.npz")
    assert ended.code == 0
    assert "lux" not in ended.out


@pytest.fixture
def rig(data, folder):
    """An RGB picture that looks past the spikes' view by a known homography."""
    photo = sc.read_picture(data / "train_photos" / "clic_0c49a5cc.jpg")[:960, :1440]
    moving = sc.moving_scene(photo, size=(512, 768), speed=0, seed=1, frames=60, exposure=(10, 50))
    frames = list(moving)
    stream = sc.simulate((sc.quarter_gray(f[32:480, 64:704]) for f in frames), exposure=(10, 50))
    sc.save("spikes.dat", stream)
    sc.save("rgb.png", sc.average_frames(frames[10:50]))
    return folder


def test_a_second_camera_is_aligned_and_used(rig, spikecam):
    ended = spikecam("calibrate", "align", "rgb.png", "spikes.dat", "-o", "align.json")
    assert ended.code == 0
    found = sc.Alignment.load("align.json")
    # A spike pixel is the middle of 4 x 4 pixels, from (64, 32) on.
    corners = np.array([[0, 0], [159, 0], [0, 111], [159, 111]])
    expected = corners * 4 + 1.5 + [64, 32]
    assert np.abs(found.to_picture(corners) - expected).max() < 2
    sc.save("mirrored.png", sc.read_picture("rgb.png", mirror=True))
    words = ("calibrate", "align", "mirrored.png", "spikes.dat", "--mirror", "-o", "again.json")
    assert spikecam(*words).code == 0
    assert sc.Alignment.load("again.json") == found
    ended = spikecam("deblur", "rgb.png", "spikes.dat", "--align", "align.json", "-o", "sharp.png")
    assert ended.code == 0
    sharp = sc.read_picture("sharp.png")
    truth = sc.read_picture("rgb.png")[32:480, 64:704]
    assert sharp.shape == truth.shape
    assert np.abs(sharp - truth)[20:-20, 20:-20].mean() < 0.03


def test_a_data_set_of_a_sensor_with_a_dead_frame_obeys_its_law(folder, spikecam):
    levels = np.linspace(0.2, 0.8, 4)
    sc.save("flat.png", np.kron(levels.reshape(2, 2), np.ones((80, 80))))
    words = "synth flat.png --sequences 1 --size 64x64 --speed 0:0 --foregrounds 0 --length 301"
    words += " --val 0 --test 0 --encodings linear --preset ideal --thresholds 0.5"
    for name, options in (("plain", []), ("dead", ["--dead-frame"])):
        assert spikecam(*words.split(), *options, "-o", name).code == 0
        (pair,) = sc.read_spike_gopro(name)
        manifest = json.loads((folder / name / "manifest.json").read_text())
        assert manifest["settings"]["dead_frame"] == (name == "dead")
        stream = pair.stream()
        arrived = as_gray(pair.blurry_picture())[1::4, 1::4] / 0.5
        expected = arrived / (1 + arrived) if name == "dead" else np.minimum(arrived, 1)
        error = np.abs(stream.count() / len(stream) - expected)
        # A block of 4 x 4 pixels of the picture may straddle an edge.
        assert np.quantile(error, 0.9) < 2 / len(stream)
        assert np.ptp(expected) > 0.2
    ended = spikecam(*words.split(), "-o", "plain", "--dead-frame")
    assert "begun with other sources or settings" in ended.err


def test_sizes_of_spikes_as_fine_as_the_scene_are_checked(folder, spikecam, monkeypatch):
    limits = []
    monkeypatch.setattr(
        "spikecam.cli.simulate.check_memory", lambda size, what, advice: limits.append(size)
    )
    words = ("simulate", "photo.jpg", "--still", 16, "--overwrite", "-o", "a.dat")
    assert spikecam(*words).code == spikecam(*words, "--full").code == 0
    assert limits == [16 * 40 * 60 // 8, 16 * 160 * 240 // 8]


CASES = {
    "synth photos --preset spikegen --dead-frame": "leave one out",
    "simulate missing.mp4": "missing.mp4 does not exist",
    "simulate text.mp4": "text.mp4 is not a readable video",
    "simulate photo.jpg --encoding rec709": "no encoding 'rec709'",
    "simulate photo.jpg --threshold 0": "threshold is a number above 0",
    "simulate photo.jpg --preset gen3": "known presets",
    "simulate photo.jpg --speed -3": "speed of a scene",
    "simulate photo.jpg --interpolate 4": "nothing to interpolate",
    "simulate tiny.png": "at least 80 pixels a side",
    "simulate clip.mp4 --speed 3": "moves by itself",
    "simulate photo.jpg --rate -3": "a rate",
    "simulate photo.jpg --blur out.foo": "pictures are not written as .foo",
    "simulate photo.jpg --blur photo.jpg": "photo.jpg is an input",
    "simulate cut.mp4 --interpolate 2": "cut.mp4",
    "simulate photo.jpg --fpn photo.jpg": "photo.jpg is no fixed pattern",
    "simulate clip.mp4 --interpolate 0": "factor",
    "simulate clip.mp4 --exposure 9:999": "leaves",
    "simulate clip.mp4 --still 9": "moves by itself",
    "simulate photo.jpg --still 9 --size 64x64": "leave size and speed out",
    "simulate photo.jpg --still 0": "at least 1 frame",
    "simulate photo.jpg --still 1000000000000": "fewer frames",
    "simulate photo.jpg --preset spikegen --dead-frame": "leave one out",
    "synth missing": "missing does not exist",
    "synth photos --size 97x64": "multiples of 4",
    "synth photos --speed 9": "expected LOW:HIGH",
    "synth photos --thresholds a": "expected numbers such as 1,2,4",
    "synth photos --thresholds 1,-1": "threshold",
    "synth photo.jpg": "3 splits need one each",
    "synth text.mp4 --val 0 --test 0": "text.mp4 is not a readable video",
    "calibrate fpn a.dat": "a.dat does not exist",
    "calibrate fpn flat.dat flat.dat flat.dat --lux 0,1,2": "do not rise in brightness",
    "calibrate fpn flat.dat flat.dat": "three fields",
    "calibrate fpn flat.dat flat.dat flat.dat": "not none",
    "deblur photo.jpg flat.dat --align missing.json": "missing.json does not exist",
    "simulate photo.jpg --full --size 64x64 --fpn fpn.npz": "calibrate the camera",
    "simulate clip.mp4 --size 64x64": "is a video; it has its size",
    "simulate clip.mp4 --frames 5:99": "leaves the video",
    "simulate clip.mp4 --frames 5:6": "has 1 frame",
    "simulate photo.webp": "neither a picture",
    "synth photos --workers 0": "workers",
    "calibrate fpn flat.dat --lux a,b": "expected numbers",
    "calibrate align photo.jpg flat.dat": "of one even brightness",
    "calibrate align photo.jpg flat.dat --board chess:3x3": "chess",
    "calibrate align photo.jpg flat.dat --length 9 --exposure 1:9": "give one",
    "calibrate align photo.jpg flat.dat --exposure 1:999": "leaves",
    "deblur photo.jpg flat.dat --align photo.jpg": "photo.jpg is not an alignment",
    "reconstruct flat.dat --fpn text.mp4": "no fixed pattern",
}


@pytest.mark.parametrize("command", CASES)
def test_bad_input_is_one_line_and_leaves_nothing(folder, refused, command):
    sc.save("flat.dat", sc.simulate(np.full((60, 50, 64), 0.3, np.float32), "ideal"))
    out = "out.dat" if command.startswith("simulate") else "out"
    if "calibrate" in command:
        out = "out.json" if "align" in command else "out.npz"
    refused(folder, CASES[command], command, out)
