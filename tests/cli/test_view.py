import spikecam as sc


def test_it_writes_a_stretched_picture(spikecam, recording, tmp_path):
    ended = spikecam("view", recording, "--size", "9x6", "-o", tmp_path / "a.png", "--at", "25")
    assert ended.code == 0
    picture = sc.read_picture(tmp_path / "a.png")
    assert (picture.min(), picture.max()) == (0, 1)


def test_it_opens_the_picture(spikecam, recording, monkeypatch):
    opened = []
    monkeypatch.setattr("spikecam.cli.view.show_picture", lambda path: opened.append(path) or True)
    ended = spikecam("view", recording, "--size", "9x6", "--method", "tfi")
    assert ended.code == 0
    assert sc.read_picture(opened[0]).shape == (6, 9)


def test_a_viewer_that_fails_is_reported(spikecam, recording, monkeypatch, tmp_path):
    """The desktop's opener may be there without any program that shows pictures."""
    opener = tmp_path / "xdg-open"
    opener.write_text("#!/bin/sh\necho 'w3m: not found' >&2\nexit 3\n")
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("sys.platform", "linux")
    ended = spikecam("view", recording, "--size", "9x6", "--method", "tfp")
    assert (ended.code, ended.err) == (0, "")
    assert "no program to show pictures was found" in ended.out


def test_a_video_of_one_frame_is_refused(spikecam, recording, tmp_path):
    words = (recording, "--size", "9x6", "-o", tmp_path / "a.mp4")
    words += ("--method", "tfp")
    for command in (("view", *words), ("reconstruct", *words, "--at", 25)):
        ended = spikecam(*command)
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert "a.mp4 is a video, and there is one frame to write; name a picture" in ended.err
        assert not (tmp_path / "a.mp4").exists()


def test_all_methods_are_shown_on_a_sheet(spikecam, recording, tmp_path):
    words = ("view", recording, "--size", "9x6", "--method", "all", "-o", tmp_path / "a.png")
    ended = spikecam(*words)
    assert (ended.code, ended.err) == (0, "")
    sheet = sc.read_picture(tmp_path / "a.png")
    assert sheet.shape[1:] == (1600, 3)
    # The window of `defocus` is longer than the recording.
    assert "defocus failed: " in ended.out
    assert "tfp failed" not in ended.out


def test_a_sheet_takes_no_options_of_one_method(spikecam, recording, tmp_path):
    words = ("view", recording, "--size", "9x6", "--method", "all", "-o", tmp_path / "a.png")
    ended = spikecam(*words, "--window", "9")
    assert (ended.code, "--window goes with one method, not with all" in ended.err) == (2, True)
    ended = spikecam(*words, "--at", "60")
    assert ended.code == 2
    fpn = sc.FixedPattern.random((6, 9), seed=0)
    fpn.save(tmp_path / "fpn.npz")
    assert spikecam(*words, "--fpn", tmp_path / "fpn.npz").code == 0
    ended = spikecam("reconstruct", *words[1:])
    assert (ended.code, "no method 'all'" in ended.err) == (2, True)
