import numpy as np
import pytest

import spikecam as sc
from spikecam.bench.comparison import BLURRY_PICTURE, WeightedMethod, score_methods
from spikecam.bench.deblurring_cases import DeblurringCase

METRICS = ["psnr", "ssim"]


@pytest.fixture
def case(spikes):
    blur = np.random.default_rng(0).random((24, 36, 3)).astype(np.float32)
    stream = sc.SpikeStream.from_array(spikes(137, 6, 9))
    truth = {frame: np.clip(blur + 0.01 * frame / 68, 0, 1) for frame in (20, 68)}
    return DeblurringCase("one", blur, stream, truth)


def test_scores_are_of_every_frame_of_every_case(case):
    scores, pictures = score_methods([case, case], [WeightedMethod(BLURRY_PICTURE)], METRICS)
    blurry = scores[BLURRY_PICTURE]
    assert blurry.frames == [20, 68, 20, 68]
    expected = [sc.psnr(case.blur, case.truth[frame], data_range=1) for frame in (20, 68)]
    assert blurry.values["psnr"] == pytest.approx(expected * 2)
    assert blurry.mean("psnr") == pytest.approx(np.mean(expected))
    assert blurry.mean("psnr", 68) == pytest.approx(expected[1])
    assert blurry.mean("psnr", 30) is None
    assert np.array_equal(pictures["one"][BLURRY_PICTURE], case.blur)
    assert np.array_equal(pictures["one"]["truth"], case.truth[68])


def test_methods_are_those_of_deblur(case):
    scores, pictures = score_methods([case], [WeightedMethod.parse("sdm")], METRICS, [68])
    assert np.array_equal(
        pictures["one"]["sdm"], sc.deblur(case.blur, case.stream, at=68, method="sdm")
    )
    assert scores["sdm"].frames == [68]
    with pytest.raises(sc.OptionError, match="known methods"):
        WeightedMethod.parse("edi:ldn")


def test_a_long_window_is_scored_where_it_fits(case, tmp_path, monkeypatch):
    from spikecam.networks.configs.spkdeblurnet import SpkDeblurNetConfig
    from spikecam.networks.spkdeblurnet import SpkDeblurNet

    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path))
    sizes = {"picture_width": 12, "spike_width": 12, "picture_blocks": 1, "spike_blocks": 1}
    network = SpkDeblurNet(SpkDeblurNetConfig(frames=56, **sizes))
    card = sc.Card("test", "", "", "", "", "", (), "")
    sc.save_weights(tmp_path / "spkdeblurnet.safetensors", network, card)
    method = WeightedMethod.parse("spkdeblurnet")
    scores, pictures = score_methods([case], [method], METRICS)
    assert scores["spkdeblurnet"].frames == [68]
    assert pictures["one"]["spkdeblurnet"].shape == case.blur.shape
    scores, pictures = score_methods([case], [method], METRICS, [20])
    assert scores["spkdeblurnet"].mean("psnr") is None


def test_weights_stand_behind_the_method():
    small = WeightedMethod.parse("refined:refined-small")
    assert (small.method, small.weights) == ("refined", ("refined-small",))
    assert small.format_parameter_count() == "0.29 M"
    assert WeightedMethod.parse("teacher:bsn,none").format_parameter_count() == "1.12 M"
    assert WeightedMethod.parse("teacher").format_parameter_count() == "2.63 M"
    assert WeightedMethod.parse("sdm").format_parameter_count() is None


def test_what_cannot_be_judged_is_refused(case):
    with pytest.raises(sc.OptionError, match="a method is named twice"):
        score_methods([case], [WeightedMethod.parse("sdm")] * 2, METRICS)
    with pytest.raises(sc.OptionError, match="one has no sharp pictures"):
        score_methods(
            [DeblurringCase("one", case.blur, case.stream, {})],
            [WeightedMethod(BLURRY_PICTURE)],
            METRICS,
        )
