import numpy as np
import pytest

import spikecam as sc
from spikecam import sample
from spikecam.bench.gopro import scores_at_threshold
from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.log_rate_ratios import LogRateRatios
from spikecam.deblurring.refiner_deblurrer import RefinerDeblurrer


@pytest.fixture
def pair(spikes):
    blur = np.full((24, 36, 3), 0.5, np.float32)
    stream = sc.SpikeStream.from_array(spikes(137, 6, 9))
    stream.exposure = (20, 117)
    return blur, stream


def test_shapes_follow_what_was_asked_for(pair):
    blur, stream = pair
    assert sc.deblur(blur, stream).shape == (7, 24, 36, 3)
    assert sc.deblur(blur, stream, frames=3).shape == (3, 24, 36, 3)
    assert sc.deblur(blur, stream, at=68).shape == (24, 36, 3)
    assert sc.deblur(blur[..., 0], stream, frames=[30, 40]).shape == (2, 24, 36)
    levels = (blur * 255).astype(np.uint8)
    assert sc.deblur(levels, stream, at=68).dtype == np.float32


def test_paths_do_as_well_as_arrays():
    by_path = sc.deblur(sample.BLUR, sample.SPIKES, at=68)
    by_array = sc.deblur(sc.read_picture(sample.BLUR), sc.open(sample.SPIKES), at=68)
    assert np.array_equal(by_path, by_array)


def test_wrong_requests_say_what_to_do(pair):
    blur, stream = pair
    with pytest.raises(
        sc.OptionError, match="known methods: colour, ldn, refined, sdm, spkdeblurnet, teacher"
    ):
        sc.deblur(blur, stream, method="edi")
    with pytest.raises(sc.RangeError, match="from 8 to 128"):
        sc.deblur(blur, stream, at=5, method="sdm")
    with pytest.raises(sc.RangeError, match="from 0 to 136"):
        sc.deblur(blur, stream, at=137)
    with pytest.raises(sc.OptionError, match="refined has no option 'window'"):
        sc.deblur(blur, stream, at=68, window=17)
    with pytest.raises(sc.GeometryError, match=r"4\.44 times as wide but 4 times as high"):
        sc.deblur(np.zeros((24, 40)), stream, at=68)
    with pytest.raises(sc.GeometryError, match=r"^the picture of 40x24"):
        sc.deblur(np.zeros((24, 40)).tolist(), stream, at=68)
    with pytest.raises(sc.OptionError, match=r"values up to 127\.5, which only linear light has"):
        sc.deblur(blur * 255, stream, at=68, encoding="srgb")
    for wrong in (-blur, blur * np.nan, blur * np.inf, (blur * 255).astype(int)):
        with pytest.raises(sc.OptionError, match=r"in \[0, 1\]|int64"):
            sc.deblur(wrong, stream, at=68)
    with pytest.raises(sc.OptionError, match="height, width"):
        sc.deblur(blur[None], stream, at=68)


def test_a_ratio_need_not_be_whole(pair):
    _, stream = pair
    assert sc.deblur(np.zeros((15, 22)), stream, at=68).shape == (15, 22)


def test_frames_and_pictures_that_cannot_be_are_refused(pair):
    blur, stream = pair
    assert sc.deblur(blur, stream, frames=np.int64(2)).shape[0] == 2
    for wrong in ([], 2.5, iter([68]), np.zeros((2, 2), int)):
        with pytest.raises(sc.OptionError, match="list of frame indices"):
            sc.deblur(blur, stream, frames=wrong)
    for wrong in ({"at": 68.5}, {"frames": [68.5]}, {"at": 68, "window": 17.0}):
        with pytest.raises(sc.OptionError, match="whole numbers"):
            sc.deblur(blur, stream, method="sdm", **wrong)
    for frames in (3, [3, 4], np.array([3, 4]), range(4)):
        with pytest.raises(sc.OptionError, match="not both"):
            sc.deblur(blur, stream, at=68, frames=frames)
    with pytest.raises(sc.OptionError, match="height, width"):
        sc.deblur(np.zeros((0, 4)), stream, at=68)


# PSNR of the shipped networks on held-back sequences by V_th, in dB, less a tenth.
MIN_PSNR = {
    "val_sequences": {"refined": {1: 31.5, 4: 30.0}, "refined-small": {1: 30.0, 4: 28.9}},
    "val_light": {"refined": {1: 29.2, 4: 26.6}, "refined-small": {1: 28.0, 4: 25.7}},
}


@pytest.mark.parametrize("world", MIN_PSNR)
@pytest.mark.parametrize("weights", ["refined", "refined-small"])
@pytest.mark.parametrize("threshold", [1, 4])
def test_networks_that_ship_keep_their_quality(data, world, weights, threshold):
    name = f"refined:{weights}"
    scores = scores_at_threshold(data / world, threshold, [name], metrics=["psnr"])
    assert scores[name].mean("psnr") > MIN_PSNR[world][weights][threshold]


def test_short_floats_lose_next_to_nothing(data):
    folder = data / "val_sequences" / "seq00"
    network, _ = sc.load_weights("refined")
    blur = sc.read_picture(folder / "blur.png")
    stream = sc.open(folder / "spikes_v1.dat", shape=(80, 112))
    truth = sc.read_picture(folder / "sharp_068.png")
    ratios = LogRateRatios(stream, (20, 117))
    short, whole = (
        sc.psnr(
            RefinerDeblurrer(
                network, BlurryPicture(blur), ratios, full_precision=full_precision
            ).deblur(68),
            truth,
            data_range=1,
        )
        for full_precision in (False, True)
    )
    assert abs(short - whole) < 0.05
