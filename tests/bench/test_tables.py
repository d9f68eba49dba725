import json
import sys
from dataclasses import asdict

import numpy as np
import pytest

import spikecam as sc
from spikecam.bench.gopro import score_modules, score_on_gopro
from spikecam.bench.losses import CONFIGURATIONS, score_losses
from spikecam.bench.reconstruct import score_reconstructions
from spikecam.bench.rsb import score_on_rsb
from spikecam.metrics import learned
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob
from spikecam.train.recipes.ldn import LDNOptions


def ignore_progress(_):
    """Say nothing."""


@pytest.fixture
def no_pyiqa(monkeypatch):
    learned._load_pyiqa_metric.cache_clear()
    monkeypatch.setitem(sys.modules, "pyiqa", None)


def rows(table):
    return {row["method"]: row for row in table.rows}


def test_sequence_and_middle_stand_beside_what_was_published(data):
    report = score_on_gopro(
        data / "val_sequences", ["sdm"], metrics=["psnr"], limit=2, say=ignore_progress
    )
    sequence, middle = map(rows, report.tables)
    assert sequence["S-SDM (published, not rerun)"]["parameters"] == "0.23 M"
    assert sequence["sdm"]["PSNR ↑, V_th 1"] > sequence["sdm"]["PSNR ↑, V_th 4"]
    assert sequence["sdm"]["PSNR ↑, V_th 1"] > sequence["blurry picture"]["PSNR ↑, V_th 1"] + 3
    assert set(middle) == {"blurry picture", "sdm"}
    assert "2 sequences" in report.source
    assert "the papers' data only if that is Spike-GOPRO" in report.tables[0].notes[0]
    assert {"blurry picture", "sdm", "truth"} == set(report.pictures["seq00, V_th = 2"])


def test_modules_are_added_one_by_one():
    report = score_modules(None, limit=1, say=ignore_progress)
    (table,) = report.tables
    ours = [row for row in table.rows if "published" not in row["method"]]
    assert [row["parameters"] for row in ours] == [None, "1.12 M", "2.63 M", "0.23 M"]
    values = [row["PSNR ↑, V_th 1"] for row in ours]
    assert len(set(values)) == 4
    assert min(values) > 18


def test_losses_are_trained_and_judged(tiny_set, tmp_path):
    run = RunConfig(epochs=1, steps=1, batch=1, workers=0)
    job = TrainingJob([tiny_set], tmp_path)
    options = LDNOptions(crop=16, moments=2, run=run)
    report = score_losses(job, None, options, limit=1, say=ignore_progress)
    (table,) = report.tables
    assert list(CONFIGURATIONS) == [r["method"] for r in table.rows[:6]]
    assert sorted(p.name for p in tmp_path.iterdir()) == [n.split(":")[0] for n in CONFIGURATIONS]
    for name, distil in CONFIGURATIONS.items():
        config = json.loads((tmp_path / name.split(":")[0] / "config.json").read_text())
        assert config["settings"]["loss"] == asdict(distil)
    # What is done stays: the second time nothing is trained.
    before = (tmp_path / "II-1" / "last.ckpt").stat().st_mtime_ns
    score_losses(job, None, options, limit=1, say=ignore_progress)
    assert (tmp_path / "II-1" / "last.ckpt").stat().st_mtime_ns == before


def test_real_pairs_are_judged_without_truth(captures, tmp_path, no_pyiqa, monkeypatch):
    for pair in sc.read_spike_gopro(captures, "val"):
        stream = sc.SpikeStream.from_array(np.tile(np.asarray(pair.stream()), (8, 1, 1))[:400])
        destination, blur = (tmp_path / "set", "Face", pair.scene), pair.blurry_picture()
        sc.write_rsb_pair(*destination, stream=stream, blur=blur)
    with pytest.raises(sc.SpikecamError, match="LIQE is left out: pyiqa is not installed"):
        score_on_rsb(tmp_path / "set", ["sdm"], say=ignore_progress)
    monkeypatch.setattr(learned, "liqe", lambda picture, data_range: float(picture.mean()))
    report = score_on_rsb(tmp_path / "set", ["sdm"], say=ignore_progress)
    (pictures,) = report.pictures.values()
    assert set(pictures) == {"blurry picture", "sdm"}
    assert 0 < rows(report.tables[0])["sdm"]["LIQE, Face"] < 1


def test_the_stand_in_for_real_pairs_has_a_truth(no_pyiqa):
    report = score_on_rsb(None, ["sdm"], limit=1, say=ignore_progress)
    assert "LIQE is left out" in report.tables[0].notes[1]
    assert report.tables[1].rows[-1]["LIQE, average"] == "2.1987"
    scored = rows(report.tables[0])
    assert scored["sdm"]["PSNR, average"] > scored["blurry picture"]["PSNR, average"] + 0.5


def test_reconstructions_are_judged_beside_the_truth(data, no_pyiqa):
    report = score_reconstructions(
        data / "reds_spikes", ["tfp:9", "tfp:41"], limit=1, say=ignore_progress
    )
    scored = rows(report.tables[0])
    assert scored["tfp:41"]["PSNR ↑"] > scored["tfp:9"]["PSNR ↑"] + 3
    assert scored["TFI (published, not rerun)"]["PSNR ↑"] == "18.5"
    assert [n.split(" ")[0] for n in report.tables[0].notes[2:]] == ["LPIPS", "NIQE", "BRISQUE"]


def test_second_stages_are_scored_with_weights_of_the_users_own(data, tmp_path, monkeypatch):
    from spikecam.networks.configs.mimounet import MIMOUNetConfig
    from spikecam.networks.mimounet import MIMOUNet

    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path))
    folder, names = data / "reds_spikes", ["tfp:41", "tfp:41+mimounet"]
    options = {"metrics": ["psnr"], "limit": 1, "say": ignore_progress}
    with pytest.raises(sc.OptionError, match="no weights of mimounet ship"):
        score_reconstructions(folder, names, **options)
    network = MIMOUNet(MIMOUNetConfig(width=16, blocks=1))
    for values in network.predict.parameters():
        values.data.zero_()
    card = sc.Card("test", "", "", "", "", "", (), "")
    sc.save_weights(tmp_path / "mimounet.safetensors", network, card)
    scored = rows(score_reconstructions(folder, names, **options).tables[0])
    # Without its last layers the network gives the picture itself.
    assert scored["tfp:41+mimounet"]["PSNR ↑"] == pytest.approx(
        scored["tfp:41"]["PSNR ↑"], abs=0.01
    )


def test_recordings_alone_need_a_metric_without_truth(recording_folder, no_pyiqa):
    with pytest.raises(sc.OptionError, match="psnr compares with the truth"):
        score_reconstructions(
            recording_folder, metrics=["psnr"], camera=(6, 9), say=ignore_progress
        )
    with pytest.raises(sc.SpikecamError, match="pyiqa is not installed"):
        score_reconstructions(recording_folder, camera=(6, 9), say=ignore_progress)


def test_what_holds_no_recordings_is_refused(tmp_path):
    with pytest.raises(sc.FileError, match=r"expected NAME\.dat"):
        score_reconstructions(tmp_path, say=ignore_progress)
    with pytest.raises(sc.OptionError, match="METHOD:WINDOW"):
        score_reconstructions(None, ["tfp:wide"], limit=1, say=ignore_progress)


@pytest.fixture
def recording_folder(tmp_path, spikes):
    sc.save(tmp_path / "a.dat", sc.SpikeStream.from_array(spikes(60, 6, 9)))
    (tmp_path / "a.dat.json").unlink()
    return tmp_path
