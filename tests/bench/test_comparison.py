import numpy as np
import pytest

import spikecam as sc
from spikecam.bench.comparison import BLURRY_PICTURE, Entry, compare_entries
from spikecam.bench.deblurring_cases import Case

METRICS = ["psnr", "ssim"]


@pytest.fixture
def case(spikes):
    blur = np.random.default_rng(0).random((24, 36, 3)).astype(np.float32)
    stream = sc.SpikeStream.from_array(spikes(137, 6, 9))
    truth = {frame: np.clip(blur + 0.01 * frame / 68, 0, 1) for frame in (20, 68)}
    return Case("one", blur, stream, truth)


def test_scores_are_of_every_frame_of_every_case(case):
    scores, pictures = compare_entries([case, case], [Entry(BLURRY_PICTURE)], METRICS)
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
    scores, pictures = compare_entries([case], [Entry.parse("sdm")], METRICS, [68])
    assert np.array_equal(
        pictures["one"]["sdm"], sc.deblur(case.blur, case.stream, at=68, method="sdm")
    )
    assert scores["sdm"].frames == [68]
    with pytest.raises(sc.OptionError, match="known methods"):
        Entry.parse("edi:ldn")


def test_weights_stand_behind_the_method():
    small = Entry.parse("refined:refined-small")
    assert (small.method, small.weights) == ("refined", ("refined-small",))
    assert small.parameters() == "0.29 M"
    assert Entry.parse("teacher:bsn,none").parameters() == "1.12 M"
    assert Entry.parse("teacher").parameters() == "2.63 M"
    assert Entry.parse("sdm").parameters() is None


def test_what_cannot_be_judged_is_refused(case):
    with pytest.raises(sc.OptionError, match="a method is named twice"):
        compare_entries([case], [Entry.parse("sdm")] * 2, METRICS)
    with pytest.raises(sc.OptionError, match="one has no sharp pictures"):
        compare_entries([Case("one", case.blur, case.stream, {})], [Entry(BLURRY_PICTURE)], METRICS)
