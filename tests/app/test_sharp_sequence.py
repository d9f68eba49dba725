from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.app.sharp_sequence import SharpSequence

SAMPLING = {"mix": 0.5, "samples": 3, "steps": 2, "seed": 1}
KINDS = ("mean", "spread", "sample 1", "sample 2", "sample 3")


@pytest.fixture
def weights(spikegen):
    return {"weights": spikegen[0], "autoencoder": spikegen[1]}


@pytest.fixture
def stream(spikes):
    return sc.SpikeStream.from_array(spikes(60, 16, 24))


@pytest.fixture
def dark(spikes):
    return sc.SpikeStream.from_array(spikes(60, 16, 24, rate=0.02))


@pytest.fixture
def blur(tmp_path):
    colours = np.random.default_rng(0).random((32, 48, 3), np.float32)
    sc.save(tmp_path / "blur.png", colours)
    return tmp_path / "blur.png"


def generate_request(blur, stream, frames, options):
    exposure = None if blur is None else (0, 60)
    return sc.GenerateRequest(blur, stream, options=options, frames=frames, exposure=exposure)


def make_sequence(folder, blur, stream, weights, frames=(20, 30)):
    sequence = SharpSequence(folder, generate_request(blur, stream, frames, weights | SAMPLING))
    sequence.make_pictures()
    return sequence


def generate(blur, stream, weights, frames=(20, 30)):
    return list(
        sc.generate_frames(
            blur,
            stream,
            frames=frames,
            exposure=None if blur is None else (0, 60),
            **SAMPLING,
            **weights,
        )
    )


def read_levels(content, path):
    path.write_bytes(content)
    return np.asarray(Image.open(path))


def read_archived(archive, name, path):
    with ZipFile(archive) as file:
        return read_levels(file.read(name), path)


def test_a_sequence_of_samples_has_their_mean_spread_and_each(tmp_path, blur, stream, weights):
    sequence = make_sequence(tmp_path / "sequence", blur, stream, weights)
    assert sequence.finished_frames == [20, 30]
    assert sequence.kinds == KINDS
    expected = generate(blur, stream, weights)
    assert sequence.white == pytest.approx(max(np.quantile(one.spread, 0.995) for one in expected))
    assert sequence.white > 0.02
    for frame_index, one in zip(sequence.finished_frames, expected, strict=True):
        assert sequence.display_picture(frame_index) == pytest.approx(one.mean, abs=1 / 500)
        sample = sequence.display_picture(frame_index, "sample 2")
        assert sample == pytest.approx(one.samples[1], abs=1 / 500)
        levels = read_levels(sequence.display_png(frame_index, "spread"), tmp_path / "shown.png")
        stretched = np.minimum(one.spread / sequence.white, 1) * 255
        assert levels == pytest.approx(stretched, abs=0.6)
    archive = sequence.export("PNG files", 12)
    with ZipFile(archive) as file:
        assert file.namelist() == ["020.png", "030.png"]
    levels = read_archived(archive, "030.png", tmp_path / "archived.png")
    assert np.array_equal(levels, np.asarray(Image.open(sequence.picture_path(30, "mean"))))
    sc.save(tmp_path / "truth.png", expected[0].samples[2])
    assert sequence.score(20, tmp_path / "truth.png", "sample 3")["psnr"] > 50
    assert sequence.score(20, tmp_path / "truth.png")["psnr"] < 50


def test_one_sample_has_no_spread(tmp_path, blur, stream, weights):
    options = {**weights, "samples": 1, "steps": 1}
    sequence = SharpSequence(tmp_path / "sequence", generate_request(blur, stream, [20], options))
    sequence.make_pictures()
    assert sequence.kinds == ("mean",)


def test_firing_rates_of_spikes_alone_are_displayed_alike_in_all_frames(tmp_path, dark, weights):
    sequence = make_sequence(tmp_path / "sequence", None, dark, weights)
    expected = generate(None, dark, weights)
    means = np.stack([one.mean for one in expected])
    assert sequence.display_picture(20).shape == (16, 24)
    # From the lowest first percentile to the highest last.
    black = min(np.percentile(one, 1) for one in means)
    white = max(np.percentile(one, 99) for one in means)
    for frame_index, one in zip(sequence.finished_frames, expected, strict=True):
        for kind, picture in (("mean", one.mean), ("sample 1", one.samples[0])):
            stretched = np.clip((picture - black) / (white - black), 0, 1)
            levels = read_levels(sequence.display_png(frame_index, kind), tmp_path / "shown.png")
            assert levels == pytest.approx(stretched * 255, abs=1)
    # The files hold the rates themselves.
    assert sc.read_picture(sequence.picture_path(20)) == pytest.approx(means[0], abs=1e-5)
    assert sc.count_frames(sequence.export("MP4", 12)) == 2
    levels = read_archived(sequence.export("PNG files", 12), "020.png", tmp_path / "archived.png")
    shown = read_levels(sequence.display_png(20), tmp_path / "shown.png")
    assert np.array_equal(levels, shown)
    with pytest.raises(sc.OptionError, match="rates"):
        sequence.score(20, sequence.picture_path(20))


def test_a_request_is_checked_before_any_work(tmp_path, blur, stream, weights):
    request = generate_request(blur, stream, [20], {**weights, "samples": 0})
    with pytest.raises(sc.OptionError, match="samples are at least 1"):
        SharpSequence(tmp_path / "sequence", request)


def test_an_error_while_it_is_made_leaves_a_sequence_that_can_be_removed(tmp_path, blur, stream):
    request = generate_request(blur, stream, [20], {"device": "none"})
    sequence = SharpSequence(tmp_path / "sequence", request)
    with pytest.raises(sc.OptionError, match="none"):
        sequence.make_pictures()
    assert sequence.finished_frames == []
    sequence.stop_and_remove_files()


def test_only_known_formats_are_exported(tmp_path, blur, stream):
    request = sc.DeblurRequest(blur, stream, "sdm", frames=[20], exposure=(0, 60))
    sequence = SharpSequence(tmp_path / "sequence", request)
    with pytest.raises(sc.OptionError, match="no pictures yet"):
        sequence.export("MP4", 12)
    sequence.make_pictures()
    with pytest.raises(sc.OptionError, match="MP4, GIF, PNG files, not 'AVI'"):
        sequence.export("AVI", 12)


def test_steps_of_a_frame_are_counted_and_it_is_stopped_within(tmp_path, blur, stream, weights):
    request = generate_request(blur, stream, (20, 30), weights | SAMPLING)
    sequence = SharpSequence(tmp_path / "sequence", request)
    shares, update_steps = [], sequence._update_steps

    def update(done, count):
        shares.append(sequence.finished_share)
        if len(shares) == 3:
            sequence.stop()
        update_steps(done, count)

    sequence._update_steps = update
    sequence.make_pictures()
    assert (sequence.stopped, sequence.finished_count, len(shares)) == (True, 0, 3)
    assert 0 == shares[0] < shares[1] < shares[2] < 0.5
