import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

import spikecam as sc


def test_one_frame_a_range_and_a_stream_agree(spikes):
    stream = sc.SpikeStream.from_array(spikes(80, 4, 9))
    for method, options in (("tfp", {"window": 9}), ("tfi", {"reach": 50}), ("tfstp", {})):
        one = sc.reconstruct(stream, 30, method, **options)
        several = sc.reconstruct(stream, method=method, frames=range(30, 40, 3), **options)
        streamed = list(sc.reconstruct_frames(stream, method, **options))
        first = sc.all_frames(stream, method, **options)[0]
        assert one.shape == (4, 9)
        # What TFSTP passes over without making pictures may differ in the last digit.
        rtol = 1e-4 if method == "tfstp" else 0
        for picture, same in (
            (several[0], one),
            (streamed[30 - first], one),
            (streamed[39 - first], several[3]),
        ):
            np.testing.assert_allclose(picture, same, rtol=rtol)


def test_the_middle_frame_is_the_default(spikes):
    stream = sc.SpikeStream.from_array(spikes(101, 2, 3))
    assert np.array_equal(sc.reconstruct(stream), sc.reconstruct(stream, 50))


def test_a_stream_of_frames_covers_what_its_window_allows(spikes):
    stream = sc.SpikeStream.from_array(spikes(50, 2, 3))
    assert sc.all_frames(stream, "tfp", window=9) == range(4, 46)
    assert sc.all_frames(stream, "tfi") == range(50)
    with pytest.raises(sc.RangeError, match="longer than the recording"):
        sc.all_frames(stream, "tfp", window=51)


def test_wrong_requests_say_what_there_is(spikes):
    stream = sc.SpikeStream.from_array(spikes(50, 2, 3))
    with pytest.raises(sc.OptionError, match=r"known methods: aligned, .*, tfp, tfstp"):
        sc.reconstruct(stream, method="tpf")
    with pytest.raises(sc.OptionError, match="tfi has no option 'windows'; it takes window, reach"):
        sc.reconstruct(stream, method="tfi", windows=9)
    with pytest.raises(sc.OptionError, match="not both"):
        sc.reconstruct(stream, 5, frames=range(3))
    for empty in (range(0), range(20, 30, -1), range(30, 20, -1)):
        with pytest.raises(sc.RangeError, match="rise"):
            sc.reconstruct(stream, frames=empty)


def affine_psnr(picture, truth):
    """PSNR after the best straight line from picture to truth, clipped to [0, 1]."""
    slope, offset = np.polyfit(picture.ravel(), truth.ravel(), 1)
    return peak_signal_noise_ratio(truth, np.clip(slope * picture + offset, 0, 1), data_range=1)


# Recorded with this package; a public toolbox gives 31.59, 28.89, 23.54 for TFP (mean 28.01) and
# a mean of 22.77 for TFI.
@pytest.mark.parametrize(
    ("name", "tfp", "tfi"),
    [
        ("200_part1_key_id151", 31.60, 22.61),
        ("200_part3_key_id151", 28.91, 21.60),
        ("203_part1_key_id151", 23.54, 23.94),
    ],
)
def test_known_streams_give_the_recorded_quality(data, name, tfp, tfi):
    stream = sc.open(data / "reds_spikes" / f"{name}.dat", camera="gen2")
    truth = sc.read_picture(data / "reds_spikes" / f"{name}.png")
    assert affine_psnr(sc.reconstruct(stream, 150, "tfp"), truth) == pytest.approx(tfp, abs=0.05)
    assert affine_psnr(sc.reconstruct(stream, 150, "tfi"), truth) == pytest.approx(tfi, abs=0.05)


@pytest.mark.parametrize(
    ("name", "intervals", "aligned", "least_squares"),
    [
        ("200_part1_key_id151", 35.75, 37.93, 37.25),
        ("200_part3_key_id151", 33.52, 36.33, 35.80),
        ("203_part1_key_id151", 28.77, 31.68, 33.69),
    ],
)
def test_motion_is_followed_on_known_streams(data, name, intervals, aligned, least_squares):
    """The pictures are rates divided by the rate of white."""
    stream = sc.open(data / "reds_spikes" / f"{name}.dat", camera="gen2")
    truth = sc.read_picture(data / "reds_spikes" / f"{name}.png")
    for method, options, recorded in (
        ("tfi", {"window": 17}, intervals),
        ("aligned", {}, aligned),
        ("lsq", {}, least_squares),
    ):
        picture = np.clip(sc.reconstruct(stream, 150, method, **options) / 0.6, 0, 1)
        score = peak_signal_noise_ratio(truth, picture, data_range=1)
        assert score == pytest.approx(recorded, abs=0.1), method


def test_the_real_capture_shows_its_picture(data):
    """Its screen is bright above, its floor dark: a flipped or misread file would not be."""
    stream = sc.open(data / "real" / "uhsr_4144_helicopter.npz")
    picture = sc.reconstruct(stream, 100, window=199)
    assert picture[40:120, 60:200].mean() > 2 * picture[210:, 60:200].mean()


def test_frames_are_a_count_or_any_indices(spikes):
    stream = sc.SpikeStream.from_array(spikes(90, 2, 3))
    for method in ("tfp", "tfi", "tfstp"):
        every = {frame: sc.reconstruct(stream, frame, method) for frame in range(20, 70)}
        for frames, expected in (
            (3, [20, 44, 69] if method == "tfp" else [0, 44, 89]),
            ([30, 31, 69], [30, 31, 69]),
            (np.array([60, 33, 33, 40]), [60, 33, 33, 40]),
        ):
            pictures = sc.reconstruct(stream, method=method, frames=frames)
            assert len(pictures) == len(expected)
            for frame, picture in zip(expected, pictures, strict=True):
                if frame in every:
                    np.testing.assert_allclose(picture, every[frame], rtol=1e-4)
    for wrong in ([30.5], "30", [], np.zeros((2, 2), int), 2.5):
        with pytest.raises(sc.OptionError, match="a count, a range, or a list of frame indices"):
            sc.reconstruct(stream, frames=wrong)


def test_names_of_methods_may_be_in_capitals(spikes):
    stream = sc.SpikeStream.from_array(spikes(50, 2, 3))
    assert np.array_equal(sc.reconstruct(stream, method="TFI"), sc.reconstruct(stream, None, "tfi"))


def test_a_method_that_takes_something_else_is_named(spikes):
    stream = sc.SpikeStream.from_array(spikes(50, 2, 3))
    with pytest.raises(sc.OptionError, match="sdm takes spikes and a picture, not spikes; methods"):
        sc.reconstruct(stream, method="sdm")
