import json
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

import spikecam as sc
from spikecam.bench.gopro import score_modules, score_on_gopro
from spikecam.bench.losses import CONFIGURATIONS, score_losses
from spikecam.bench.reconstruct import score_reconstructions
from spikecam.bench.reconstruct_films import score_films
from spikecam.bench.reconstruction_entries import default_entry_names, parse_entries
from spikecam.bench.rsb import score_on_rsb
from spikecam.metrics import learned, natural_models
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob
from spikecam.train.recipes.ldn import LDNOptions


def ignore_progress(_):
    """Say nothing."""


@pytest.fixture
def no_pyiqa(monkeypatch):
    learned._load_pyiqa_metric.cache_clear()
    monkeypatch.setitem(sys.modules, "pyiqa", None)


@pytest.fixture
def no_models(no_pyiqa, monkeypatch):
    """Neither pyiqa nor the packages with parameters of NIQE and BRISQUE."""

    def missing(name):
        raise PackageNotFoundError(name)

    for load in (natural_models.load_niqe_model, natural_models.load_brisque_model):
        load.cache_clear()
    monkeypatch.setattr(natural_models, "distribution", missing)


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


def test_deblurring_has_all_metrics_that_can_be_had(data, no_models):
    lines = []
    report = score_on_gopro(
        data / "val_sequences", ["sdm"], thresholds=[1], limit=1, say=lines.append
    )
    for table in report.tables:
        assert [n.split(" ")[0] for n in table.notes[-2:]] == ["NIQE", "BRISQUE"]
        assert list(table.rows[0])[1:5] == [
            f"{name}, V_th 1"
            for name in ("PSNR ↑", "SSIM ↑", "SSIM on [-1, 1] ↑", "colour error ↓")
        ]
    assert [line.split(" ")[0] for line in lines[:2]] == ["NIQE", "BRISQUE"]
    with pytest.raises(sc.SpikecamError, match="NIQE reads its parameters"):
        score_on_gopro(data / "val_sequences", ["sdm"], metrics=["niqe"], say=ignore_progress)


def test_modules_are_added_one_by_one(naturalness):
    report = score_modules(None, limit=1, say=ignore_progress)
    (table,) = report.tables
    ours = [row for row in table.rows if "published" not in row["method"]]
    assert [row["parameters"] for row in ours] == [None, "1.12 M", "2.63 M", "0.23 M"]
    assert all(row["BRISQUE ↓, V_th 1"] > 0 and row["NIQE ↓, V_th 1"] is None for row in ours)
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


def test_real_pairs_are_judged_without_truth(captures, tmp_path, no_models, monkeypatch):
    for pair in sc.read_spike_gopro(captures, "val"):
        stream = sc.SpikeStream.from_array(np.tile(np.asarray(pair.stream()), (8, 1, 1))[:400])
        destination, blur = (tmp_path / "set", "Face", pair.scene), pair.blurry_picture()
        sc.write_rsb_pair(*destination, stream=stream, blur=blur)
    with pytest.raises(sc.SpikecamError, match="LIQE is left out: pyiqa is not installed"):
        score_on_rsb(tmp_path / "set", ["sdm"], say=ignore_progress)
    monkeypatch.setattr(learned, "liqe", lambda picture, data_range: float(picture.mean()))
    lines = []
    report = score_on_rsb(tmp_path / "set", ["sdm"], say=lines.append)
    assert [line.split(" ")[0] for line in lines[1:]] == ["NIQE", "BRISQUE"]
    (pictures,) = report.pictures.values()
    assert set(pictures) == {"blurry picture", "sdm"}
    assert 0 < rows(report.tables[0])["sdm"]["LIQE, Face"] < 1


def test_the_stand_in_for_real_pairs_has_a_truth(no_pyiqa, naturalness):
    report = score_on_rsb(None, ["sdm"], limit=1, say=ignore_progress)
    assert "LIQE is left out" in report.tables[0].notes[1]
    assert report.tables[1].rows[-1]["LIQE, average"] == "2.1987"
    scored = rows(report.tables[0])
    assert scored["sdm"]["PSNR, average"] > scored["blurry picture"]["PSNR, average"] + 0.5
    assert scored["sdm"]["BRISQUE, average"] > 0
    assert scored["sdm"]["NIQE, average"] is None


def test_the_stand_in_needs_no_metric_without_truth(no_models):
    report = score_on_rsb(None, ["sdm"], limit=1, say=ignore_progress)
    scored = rows(report.tables[0])["sdm"]
    assert list(scored)[-1] == "PSNR, average"
    assert not any("NIQE" in column for column in scored)


def test_reconstructions_are_judged_beside_the_truth(data, no_models):
    report = score_reconstructions(
        data / "reds_spikes", ["tfp:9", "tfp:41"], limit=1, say=ignore_progress
    )
    ours, reds_base, sreds = report.tables
    scored = rows(ours)
    assert scored["tfp:41"]["PSNR ↑"] > scored["tfp:9"]["PSNR ↑"] + 3
    # As published: pictures are rates over 0.6.
    assert scored["tfp:41"]["PSNR ↑"] == pytest.approx(31.6, abs=0.1)
    assert scored["tfp:41"]["s a frame"] > 0
    assert rows(reds_base)["BSF (published, not rerun)"]["PSNR ↑"] == "39.58"
    assert rows(sreds)["TFI (published, not rerun)"]["PSNR ↑"] == "18.5"
    # Columns that cannot be had stay, blank, with the reason below.
    assert scored["tfp:41"]["NIQE ↓"] is None
    assert [n.split(" ")[0] for n in ours.notes[1:]] == ["LPIPS", "NIQE", "BRISQUE"]


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


def test_white_scales_pictures(data, no_models):
    def score(white_rate):
        report = score_reconstructions(
            data / "reds_spikes",
            ["tfp:41"],
            metrics=["psnr"],
            white_rate=white_rate,
            limit=1,
            say=ignore_progress,
        )
        return report.tables[0].rows[0]["PSNR ↑"]

    assert score(0.6) > score(1) + 5


def test_films_are_scored_by_speed_light_and_noise(no_models, tmp_path):
    lines = []
    report = score_films(["tfp:11", "tfp:41"], limit=1, plot_folder=tmp_path, say=lines.append)
    summary, speed, light, noise = report.tables
    short, long = (rows(summary)[name] for name in ("tfp:11", "tfp:41"))
    # What stands still wants a long window, which also has less grain, and loses more by motion.
    assert short["still, PSNR ↑"] - short["PSNR ↑"] < long["still, PSNR ↑"] - long["PSNR ↑"] - 3
    assert long["still, PSNR ↑"] > short["still, PSNR ↑"] + 3
    assert short["still, temporal error ↓"] > long["still, temporal error ↓"] > 0
    assert short["NIQE ↓"] is None
    assert list(speed.rows[0]) == ["method", "0", "0.25", "0.5", "1"]
    assert speed.rows[1]["0"] > speed.rows[1]["0.5"] > speed.rows[1]["1"]
    assert list(light.rows[0]) == ["method", "0.6", "0.2", "0.1"]
    assert light.rows[0]["0.6"] > light.rows[0]["0.1"]
    assert noise.rows[0]["none"] > noise.rows[0]["strong"]
    assert light.rows[0]["0.6"] == speed.rows[0]["0.5"] == noise.rows[0]["none"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"reconstruct_{name}.png" for name in ("light", "noise", "speed")
    ]
    assert len(report.pictures) == 8


def test_methods_are_those_that_have_weights():
    fast, slow = default_entry_names(), default_entry_names(slow=True)
    assert fast[:9] == [
        "tfp:11", "tfp:21", "tfp:41", "tfi", "tfi:17", "tfstp", "defocus:25", "aligned", "lsq"
    ]  # fmt: skip
    assert set(fast) < set(slow)
    assert "spikegen" in slow
    with pytest.raises(sc.OptionError, match="named twice"):
        parse_entries(["tfp", "tfp"])
    with pytest.raises(sc.OptionError, match="METHOD:WINDOW"):
        parse_entries(["tfp:wide"])
    with pytest.raises(sc.OptionError, match="no method"):
        parse_entries(["tpf"])


def test_recordings_alone_need_a_metric_without_truth(recording_folder, no_models):
    with pytest.raises(sc.OptionError, match="psnr compares with the truth"):
        score_reconstructions(
            recording_folder, metrics=["psnr"], camera=(6, 9), say=ignore_progress
        )
    with pytest.raises(sc.SpikecamError, match="NIQE reads its parameters"):
        score_reconstructions(recording_folder, camera=(6, 9), say=ignore_progress)


def test_what_holds_no_recordings_is_refused(tmp_path):
    with pytest.raises(sc.FileError, match=r"expected NAME\.dat"):
        score_reconstructions(tmp_path, say=ignore_progress)


@pytest.fixture
def recording_folder(tmp_path, spikes):
    sc.save(tmp_path / "a.dat", sc.SpikeStream.from_array(spikes(60, 6, 9)))
    (tmp_path / "a.dat.json").unlink()
    return tmp_path
