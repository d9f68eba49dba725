import numpy as np
import pytest

import spikecam as sc
from spikecam.bench.out_of_focus import (
    DefocusSetting,
    compared_methods,
    load_gray_photographs,
    simulate_defocused,
)
from spikecam.tiles import split_into_tiles

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_frame_a_range_and_a_stream_agree(spikes, refocuser):
    stream = sc.SpikeStream.from_array(spikes(60, 21, 34))
    options = {"method": "defocus", "window": 25, "weights": refocuser}
    one = sc.reconstruct(stream, 20, **options)
    assert one.shape == (21, 34)
    assert one.dtype == np.float32
    assert 0 <= one.min() <= one.max() <= 1
    assert sc.all_frames(stream, **options) == range(12, 48)
    found = list(sc.reconstruct_frames(stream, frames=range(20, 23), **options))
    np.testing.assert_allclose(found[0], one, atol=1e-6)
    # It is more than TFP.
    assert np.abs(one - sc.reconstruct(stream, 20, window=25)).max() > 0.01


def test_parts_make_no_seams(spikes, refocuser, monkeypatch):
    monkeypatch.setattr("spikecam.tiles.has_fast_bfloat16", lambda device: False)
    stream = sc.SpikeStream.from_array(spikes(25, 70, 700))
    reach = sc.load_weights(refocuser, "refocuser")[0].receptive_radius
    # Parts in the middle do not see the whole.
    assert any(
        t.input_area[1].start > 0 and t.input_area[1].stop < 704
        for t in split_into_tiles((72, 704), 64, reach)
    )
    options = {"at": 12, "method": "defocus", "window": 25, "weights": refocuser}
    whole, parts = (sc.reconstruct(stream, **options, tile=tile) for tile in (None, 64))
    np.testing.assert_allclose(parts, whole, atol=1e-4)


@pytest.mark.parametrize("level", [0, 1])
def test_dark_and_saturated_scenes_are_honest(level):
    stream = sc.SpikeStream.from_array(np.full((51, 20, 30), level))
    found = sc.reconstruct(stream, method="defocus", window=51)
    assert np.isfinite(found).all()
    assert np.abs(found - level).max() < (0.03 if level else 1e-9)


def test_one_pixel_that_fires_makes_no_nonsense():
    frames = np.zeros((51, 24, 32))
    frames[25, 12, 16] = 1
    found = sc.reconstruct(sc.SpikeStream.from_array(frames), method="defocus", window=51)
    assert np.isfinite(found).all()
    assert found.max() < 0.1


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"window": 23}, sc.OptionError, "odd number of frames, at least 25, not 23"),
        ({"window": 26}, sc.OptionError, "odd number of frames, at least 25, not 26"),
        ({"window": "51"}, sc.OptionError, "odd number of frames, at least 25, not '51'"),
        ({"window": 25, "fpn": 7}, sc.OptionError, "a FixedPattern or the path of one, not 7"),
        ({"window": 25, "fpn": "fpn.npz"}, sc.FileError, "fpn.npz does not exist"),
        ({"window": 25, "tile": 64.0}, sc.OptionError, "whole number of pixels"),
        ({"window": 61}, sc.RangeError, "60"),
        ({"window": 25, "tile": 32}, sc.OptionError, "at least 64, not 32"),
        ({"window": 25, "weights": "refined"}, sc.FileError, "refocuser are needed"),
        ({"window": 25, "weights": "focused"}, sc.OptionError, "focused"),
        ({"window": 25, "reach": 3}, sc.OptionError, "defocus has no option 'reach'"),
        (
            {"window": 25, "fpn": sc.FixedPattern.random((20, 30), seed=0)},
            sc.GeometryError,
            "30x20 pixels",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_the_first_frame(spikes, options, error, said):
    stream = sc.SpikeStream.from_array(spikes(60, 21, 34))
    with pytest.raises(error, match=said):
        sc.reconstruct_frames(stream, "defocus", frames=range(30, 31), **options)


def test_a_recording_that_is_too_short_is_refused(spikes):
    stream = sc.SpikeStream.from_array(spikes(20, 21, 34))
    for window in (19, 101):
        with pytest.raises(sc.RangeError, match="at least 25 frames, and the recording has 20"):
            sc.reconstruct(stream, method="defocus", window=window)


def test_a_fixed_pattern_with_zeros_gives_a_picture(spikes, refocuser):
    held = sc.FixedPattern.random((21, 34), seed=0)
    gain = held.gain.copy()
    gain[3:5, 4:9] = 0
    fpn = sc.FixedPattern.from_maps(held.offset, gain, held.deviation)
    stream = sc.SpikeStream.from_array(spikes(60, 21, 34))
    options = {"method": "defocus", "window": 25, "weights": refocuser}
    assert np.isfinite(sc.reconstruct(stream, 30, fpn=fpn, **options)).all()


def test_a_fixed_pattern_is_undone_in_the_picture():
    (photo,) = (one[:, 60:260] for one in load_gray_photographs(None, limit=1).values())
    scene = simulate_defocused(photo, DefocusSetting(radius=0, light=0.4, frames=51), 0)

    def psnr(fpn):
        rate = sc.reconstruct(scene.stream, method="defocus", window=51, fpn=fpn)
        return sc.score(np.clip(rate / np.float32(0.4), 0, 1), scene.truth, ["psnr"])["psnr"]

    assert psnr(scene.fpn) > psnr(None) + 2


def test_a_sequence_reads_a_window_at_a_time(spikes, refocuser):
    frames = spikes(25, 8, 16)

    class Store:
        shape = 1_000_000, 16
        read = ()

        def __getitem__(self, index):
            self.read += (index,)
            return np.packbits(frames[: index.stop - index.start].reshape(-1, 128), 1)

    store = Store()
    pictures = sc.reconstruct_frames(
        sc.SpikeStream(store, (8, 16)), "defocus", window=25, weights=refocuser
    )
    for _ in range(3):
        next(pictures)
    assert max(index.stop for index in store.read) == 27
    assert max(index.stop - index.start for index in store.read) <= 25


@pytest.mark.parametrize(
    ("radius", "light", "frames", "least", "mean"),
    [
        (0, 0.4, 101, 5.4, 5.9),
        (2, 0.05, 101, 4.4, 6.2),
        (2, 0.4, 51, 1.2, 1.7),
        (2, 0.4, 101, 1.0, 1.6),
        (2, 0.4, 401, 2.1, 2.5),
        (2, 1.2, 201, 1.9, 2.4),
        (6, 0.4, 201, 1.1, 1.4),
    ],
)
def test_what_ships_keeps_its_quality(radius, light, frames, least, mean):
    """At least what it was measured to be worth, of photographs that it never saw."""
    makers = compared_methods()
    gains = []
    for seed, photo in enumerate(load_gray_photographs(None, limit=3).values()):
        scene = simulate_defocused(photo[:, 60:260], DefocusSetting(radius, light, frames), seed)
        scores = {
            label: sc.score(makers[label](scene), scene.truth, ["psnr"])["psnr"]
            for label in ("TFP", "TFP, Wiener", "TFP, Richardson-Lucy", "defocus")
        }
        gains.append(scores.pop("defocus") - max(scores.values()))
    assert min(gains) > least
    assert np.mean(gains) > mean


def gain(scene, makers):
    """PSNR on TFP, in dB."""
    tfp, ours = (
        sc.score(makers[label](scene), scene.truth, ["psnr"])["psnr"]
        for label in ("TFP", "defocus")
    )
    return ours - tfp


def test_scenes_in_focus_are_never_worse_than_by_tfp():
    makers = compared_methods()
    gains = []
    for seed, photo in enumerate(load_gray_photographs(None).values()):
        scene = simulate_defocused(photo[:, 60:260], DefocusSetting(radius=0), seed)
        gains.append(gain(scene, makers))
    assert len(gains) == 8
    # Of the whole pictures the least is above 0.2.
    assert min(gains) > 2
    assert np.mean(gains) > 3.8


def test_charts_in_focus_are_not_harmed():
    across = np.indices((120, 160))[1]
    around = np.arctan2(*(np.indices((120, 160)) - [[[60]], [[80]]]))
    makers = compared_methods()
    for seed, wave in enumerate((np.sin(2 * np.pi * across / 16 + 0.1), np.sin(24 * around))):
        scene = simulate_defocused(
            (0.5 + 0.4 * np.sign(wave)).astype(np.float32), DefocusSetting(radius=0), seed
        )
        assert gain(scene, makers) > 0
