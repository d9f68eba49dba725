"""Exposure, place and read-out time of a picture, estimated from the pair, with exact truth."""

from dataclasses import replace

import numpy as np
import pytest

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.deblur import deblur
from spikecam.deblurring.exposure_estimate import estimate_exposure
from spikecam.deblurring.log_rate_ratios import LogRateRatios
from spikecam.deblurring.pair import PairSettings, match_pair
from spikecam.deblurring.picture_shift import estimate_shift, move_to_spikes
from spikecam.deblurring.rolling_shutter import estimate_readout, exposure_rate, row_delays
from spikecam.encoding import SRGB, quarter_gray_light
from spikecam.errors import GeometryError, OptionError
from spikecam.io.save import save
from spikecam.method import Takes, find_method
from spikecam.requests.deblur import DeblurRequest
from spikecam.scenes.motion import moving_scene
from spikecam.sensor.integrate_and_fire import simulate

FRAMES, EXPOSURE, SIDE = 150, (40, 90), 192
MARGIN = 8


@pytest.fixture(scope="module")
def frames():
    rng = np.random.default_rng(2)
    coarse = rng.random((40, 40, 3))
    photo = np.kron(coarse, np.ones((8, 8, 1)))
    scene = moving_scene(
        photo, size=(SIDE, SIDE), frames=FRAMES, exposure=EXPOSURE, speed=24, seed=4
    )
    return np.stack(list(scene))


@pytest.fixture(scope="module")
def spikes(frames):
    return simulate([quarter_gray_light(frame, SRGB) for frame in frames], "ideal", threshold=2.0)


def take_picture(frames, *, readout=0.0, shift=(0, 0)):
    """The encoded mean of light over the exposure, that of each row later than the last."""
    light = SRGB.light_of_levels[frames].astype(np.float64)
    charge = np.concatenate([np.zeros((1, *light.shape[1:])), np.cumsum(light, axis=0)])
    start, stop = EXPOSURE
    picture = np.empty(light.shape[1:])
    for row, delay in enumerate(row_delays(SIDE, readout)):
        ends = [
            (1 - t % 1) * charge[int(t), row] + t % 1 * charge[min(int(t) + 1, FRAMES), row]
            for t in (start + delay, stop + delay)
        ]
        picture[row] = (ends[1] - ends[0]) / (stop - start)
    return np.roll(SRGB.encode(np.clip(picture, 0, 1)), shift, (0, 1))


def psnr(picture, truth):
    inner = slice(MARGIN, -MARGIN)
    error = picture[inner, inner] - truth[inner, inner] / 255
    return -10 * np.log10(np.mean(error**2))


def test_an_exposure_that_nobody_says_is_found_to_two_frames(frames, spikes):
    start, stop = estimate_exposure(BlurryPicture(take_picture(frames), SRGB), spikes)
    assert abs(start - EXPOSURE[0]) <= 2
    assert abs(stop - EXPOSURE[1]) <= 2
    pair = match_pair(take_picture(frames), spikes)
    assert np.abs(np.subtract(pair.exposure, EXPOSURE)).max() <= 2
    assert "estimated" in pair.facts[0]


def test_a_picture_of_the_whole_recording_or_of_rest_has_the_whole_exposure(frames, spikes):
    part = spikes[EXPOSURE[0] : EXPOSURE[1]]
    picture = BlurryPicture(take_picture(frames), SRGB)
    assert estimate_exposure(picture, part) == (0, len(part))
    still = simulate([quarter_gray_light(frames[50], SRGB)] * 60, "ideal", threshold=2.0)
    assert estimate_exposure(BlurryPicture(frames[50] / np.float32(255), SRGB), still) == (0, 60)


def test_a_wrong_exposure_is_refused_with_the_right_one(frames, spikes):
    with pytest.raises(GeometryError, match=r"agree by \d+%: give that exposure"):
        match_pair(take_picture(frames), spikes, (110, 150))


@pytest.mark.parametrize("shift", [(0, 0), (3, -5), (-8, 2)])
def test_a_shifted_picture_is_moved_to_the_spikes(frames, spikes, shift):
    picture = BlurryPicture(take_picture(frames, shift=shift), SRGB)
    x, y = estimate_shift(picture, exposure_rate(spikes, EXPOSURE))
    assert 4 * x == pytest.approx(shift[1], abs=0.6)
    assert 4 * y == pytest.approx(shift[0], abs=0.6)
    if shift == (0, 0):
        return
    moved = move_to_spikes(picture, (x, y), spikes.width)
    truth = take_picture(frames) * 255
    assert psnr(moved.values, truth) > psnr(picture.values, truth) + 6
    sharp = deblur(picture.values, spikes, exposure=EXPOSURE, at=65, method="sdm")
    unmoved = deblur(
        picture.values, spikes, exposure=EXPOSURE, at=65, method="sdm", check_match=False
    )
    assert psnr(sharp, frames[65]) > psnr(unmoved, frames[65]) + 1


@pytest.mark.parametrize("readout", [0.0, 30.0, -30.0])
def test_the_readout_of_a_rolling_shutter_is_found_and_undone(frames, spikes, readout):
    values = take_picture(frames, readout=readout)
    found = estimate_readout(BlurryPicture(values, SRGB), spikes, EXPOSURE)
    assert found == pytest.approx(readout, abs=3)
    options = {"exposure": EXPOSURE, "at": 65, "method": "sdm", "encoding": "srgb"}
    known = deblur(values, spikes, readout=readout, check_match=False, **options)
    estimated = deblur(values, spikes, readout="auto", **options)
    assert psnr(estimated, frames[65]) == pytest.approx(psnr(known, frames[65]), abs=0.3)
    if readout:
        ignored = deblur(values, spikes, check_match=False, **options)
        assert psnr(known, frames[65]) > psnr(ignored, frames[65]) + 0.1


def test_a_rolling_shutter_is_undone_by_the_teacher(frames, spikes):
    values = take_picture(frames, readout=30.0)
    options = {"exposure": EXPOSURE, "at": 60, "method": "teacher", "encoding": "srgb"}
    ignored, undone = (
        deblur(values, spikes, readout=readout, check_match=False, **options)
        for readout in (0.0, 30.0)
    )
    assert psnr(undone, frames[60]) > psnr(ignored, frames[60]) + 0.2


def test_a_method_that_undoes_no_rolling_shutter_refuses_one(frames, spikes, tmp_path):
    picture = take_picture(frames, readout=20.0)
    words = r"ldn does not undo .* readout is 20 frames; methods that do: refined, sdm, teacher"
    with pytest.raises(OptionError, match=words):
        deblur(picture, spikes, exposure=EXPOSURE, at=60, method="ldn", readout=20.0)
    save(tmp_path / "blur.png", picture)
    request = DeblurRequest(
        tmp_path / "blur.png", spikes, "ldn", exposure=EXPOSURE, readout=20.0, check_match=False
    )
    with pytest.raises(OptionError, match=words):
        request.check()
    method = replace(find_method("spikegen", Takes.SPIKES_OR_PICTURE), undoes_rolling_shutter=False)
    with pytest.raises(OptionError, match="methods that do: spikegen"):
        method.check_readout(1.5)


def test_log_ratios_of_a_rolling_shutter_are_those_of_each_row_alone(spikes):
    rolling = LogRateRatios(spikes, EXPOSURE, readout=24.0)
    row = 12
    delay = float(row_delays(spikes.height, 24.0)[row])
    assert delay == pytest.approx(6.25)
    whole = LogRateRatios(spikes, EXPOSURE, readout=0.0)
    assert rolling.exposure_log_ratios().shape == whole.exposure_log_ratios().shape
    rate = exposure_rate(spikes, EXPOSURE, readout=24.0)
    assert np.allclose(rolling.rate[row], rate[row], atol=0.02)
    assert not np.allclose(rolling.rate, whole.rate, atol=0.02)


@pytest.mark.parametrize("readout", ["fast", float("nan"), float("inf")])
def test_a_readout_is_a_number_or_auto(readout):
    with pytest.raises(OptionError, match="number of frames, or auto"):
        PairSettings(readout=readout)


def test_rows_that_leave_the_recording_keep_their_rate(frames):
    still = simulate([quarter_gray_light(frames[50], SRGB)] * 60, "ideal", threshold=2.0)
    whole = exposure_rate(still, (0, 60))
    for readout in (30.0, -30.0):
        assert np.allclose(exposure_rate(still, (0, 60), readout=readout), whole, atol=0.03)
        rolling = LogRateRatios(still, (0, 60), readout=readout)
        assert np.allclose(rolling.rate, whole, atol=0.03)


def test_a_flat_picture_has_no_readout(spikes):
    flat = BlurryPicture(np.full((SIDE, SIDE), 0.5, np.float32))
    assert estimate_readout(flat, spikes, EXPOSURE) == 0


def test_exposure_and_readout_are_found_together(frames, spikes):
    pair = match_pair(
        take_picture(frames, readout=20.0), spikes, None, PairSettings(readout="auto")
    )
    assert pair.picture.readout == pytest.approx(20, abs=5)
    assert np.abs(np.subtract(pair.exposure, EXPOSURE)).max() <= 8
