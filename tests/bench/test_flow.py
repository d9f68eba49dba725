import numpy as np
import pytest

import spikecam as sc
from spikecam.bench.flow import end_point_error, score_flow


def test_estimated_flow_is_near_the_truth():
    report = score_flow(["paths"], limit=1, say=lambda _: None)
    rows = {row["method"]: row for row in report.tables[0].rows}
    assert list(rows) == ["no motion", "DIS alone", "paths"]
    for distance in (10, 50):
        still, dis, paths = (rows[name][f"EPE, {distance} frames"] for name in rows)
        assert max(dis, paths) < still / 4
    assert rows["paths"]["EPE, 10 frames"] < rows["DIS alone"]["EPE, 10 frames"]
    assert set(report.pictures["astronaut, 50 frames"]) == {"DIS alone", "paths", "truth"}


def test_the_error_is_a_mean_length_where_both_frames_show_it():
    flow, truth = np.zeros((1, 3, 2)), np.zeros((1, 3, 2))
    flow[0, 0], flow[0, 2] = (3, 4), (100, 0)
    assert end_point_error(flow, truth, [[True, True, False]]) == 2.5


def test_wrong_requests_are_refused_at_once(spikecam, monkeypatch, tmp_path):
    monkeypatch.setenv("SPIKECAM_WEIGHTS", str(tmp_path))
    with pytest.raises(sc.OptionError, match="known methods: paths, scflow"):
        score_flow(["raft"])
    for words, said in (
        (("--scflow", "nowhere"), "no weights are called 'nowhere'"),
        (("--spacing", 0), "spacing is at least 1"),
        (("--limit", 0), "limit is at least 1"),
    ):
        ended = spikecam("bench", "flow", *words)
        assert ended.code == 2
        assert said in ended.err
