import typer

import spikecam as sc


def test_it_writes_a_stretched_picture(spikecam, recording, tmp_path):
    ended = spikecam("view", recording, "--size", "9x6", "-o", tmp_path / "a.png", "--at", "25")
    assert ended.code == 0
    picture = sc.read_picture(tmp_path / "a.png")
    assert (picture.min(), picture.max()) == (0, 1)


def test_it_opens_the_picture(spikecam, recording, monkeypatch):
    opened = []
    monkeypatch.setattr(typer, "launch", lambda path: opened.append(path) or 0)
    ended = spikecam("view", recording, "--size", "9x6", "--method", "tfi")
    assert ended.code == 0
    assert sc.read_picture(opened[0]).shape == (6, 9)
