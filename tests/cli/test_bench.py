def test_a_table_is_printed_and_a_report_written(spikecam, data, tmp_path):
    said = spikecam(
        *("bench", "gopro", data / "val_sequences", "--method", "sdm", "--metric", "psnr"),
        *("--limit", 1, "-o", tmp_path / "out"),
    )
    assert said.code == 0
    assert "Middle frame (1 frames)" in said.out
    assert "SpikeGen (published, not rerun)" in said.out
    assert "V_th = 1: " in said.out
    assert "--limit 1" in (tmp_path / "out" / "gopro.md").read_text()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "gopro.html",
        "gopro.md",
        "middle.csv",
        "sequence.csv",
    ]


def test_wrong_requests_are_refused_at_once(spikecam, tmp_path):
    for words, said in {
        ("gopro", "nowhere"): "nowhere is no folder; name a data set, or none for simulated scenes",
        ("gopro", tmp_path): "is no data set for scoring",
        ("gopro", "--method", "edi"): "no method 'edi'",
        ("gopro", "--metric", "niqee"): "no metric 'niqee'",
        ("rsb", "--metric", "psnr"): "psnr compares with the truth",
        (
            "reconstruct",
            "--method",
            "tpf",
            "--limit",
            "1",
        ): "known methods: aligned, base",
        ("modules", "--bsn", "nothing", "--limit", "1"): "nothing",
        ("defocus", "--weights", "nothing", "--limit", "1"): "nothing",
        ("defocus", tmp_path): "holds no pictures",
    }.items():
        ended = spikecam("bench", *words)
        assert ended.code == 2, words
        assert said in ended.err
        assert "Traceback" not in ended.err
