"""SpikeGen's tables, with random weights: what they say, not how good it is."""

import numpy as np
import pytest

import spikecam as sc
from spikecam.bench.generation import (
    SpikegenMethod,
    apply_best_gain_and_offset,
    score_spikegen,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def recordings(tmp_path, spikes):
    """A sequence as `describe_and_iter_gopro_cases` takes it, and a recording as `reds` does."""
    folder, rng = tmp_path / "seq" / "one", np.random.default_rng(0)
    light = np.kron(rng.random((12, 16)), np.ones((4, 4))).astype(np.float32)
    picture = np.kron(light, np.ones((4, 4), np.float32))[..., None].repeat(3, 2)
    for name in ("blur", *(f"sharp_{frame:03d}" for frame in (20, 36, 52, 68, 84, 100, 116))):
        sc.write_picture(folder / f"{name}.png", picture)
    stream = sc.simulate([light] * 137, "ideal")
    for threshold in (1, 2, 4):
        sc.save(folder / f"spikes_v{threshold}.dat", stream)
    dense = sc.SpikeStream.from_array(spikes(301, 250, 400))
    sc.save(tmp_path / "dense" / "two.dat", dense)
    sc.write_picture(tmp_path / "dense" / "two.png", rng.random((250, 400), np.float32))
    return tmp_path


def test_the_report_has_all_tables(recordings, naturalness, spikegen):
    lines = []
    report = score_spikegen(
        recordings / "seq",
        recordings / "dense",
        weights=spikegen,
        thresholds=(4,),
        steps=(1, 2),
        say=lines.append,
    )
    deblurring, dense, steps = report.tables
    assert [row["method"] for row in deblurring.rows][:3] == ["blurry picture", "sdm", "ldn"]
    assert len(deblurring.rows) == 9
    headings = ["PSNR ↑", "SSIM ↑", "MS-SSIM ↑", "NIQE ↓", "BRISQUE ↓"]
    assert list(deblurring.rows[0]) == ["method", *(f"{name}, V_th 4" for name in headings)]
    assert list(dense.rows[0]) == ["method", *headings]
    assert deblurring.rows[0]["NIQE ↓, V_th 4"] is None
    assert dense.rows[0]["BRISQUE ↓"] > 0
    assert {row["method"] for row in dense.rows} >= {"tfp", "tfi", "spikegen, spikes alone"}
    assert [row["steps"] for row in steps.rows] == ["1", "2"]
    assert all(np.isfinite(row["PSNR ↑"]) for row in dense.rows)
    assert set(report.pictures) == {"one, V_th = 4", "two"}


def test_a_fit_undoes_gain_and_offset():
    truth = np.random.default_rng(0).random((20, 30), np.float32)
    np.testing.assert_allclose(
        apply_best_gain_and_offset(0.3 * truth + 0.2, truth), truth, atol=1e-5
    )


def test_a_picture_alone_is_the_same_at_every_frame(recordings, spikegen):
    from spikecam.bench.deblurring_cases import describe_and_iter_gopro_cases

    _, cases = describe_and_iter_gopro_cases(recordings / "seq", 1)
    entry = SpikegenMethod(
        "alone",
        {"steps": 1, "weights": spikegen[0], "autoencoder": spikegen[1]},
        with_spikes=False,
    )
    first, second = entry.pictures(next(cases), [20, 36])
    assert np.array_equal(first, second)
