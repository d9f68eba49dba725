import spikecam as sc


def test_the_main_job_leaves_its_pictures(spikecam, tmp_path):
    ended = spikecam("demo", "-o", tmp_path / "demo")
    assert ended.code == 0, ended.err
    made = tmp_path / "demo"
    assert sc.read_picture(made / "blur.png").shape == (720, 1280, 3)
    assert len(list((made / "sharp").iterdir())) == 7
    assert sum(1 for _ in sc.video_frames(made / "sharp.mp4")) == 97
    assert sc.read_picture(made / "before-after.png").shape[1] == 1600
    for name in ("blur.png", "sharp", "sharp.mp4", "before-after.png"):
        assert str(made / name) in ended.out
    blur = sc.read_picture(made / "blur.png")
    sharp = sc.read_picture(made / "sharp" / "068.png")
    # The lettering on the bus: contrast comes back. The card that stands still: nothing is lost.
    bus, card = (slice(460, 540), slice(100, 710)), (slice(80, 260), slice(130, 440))
    assert sharp[bus].std() > 1.3 * blur[bus].std()
    assert abs(sharp[card].mean() - blur[card].mean()) < 0.01
