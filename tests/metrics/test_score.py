import numpy as np
import pytest

import spikecam as sc

RNG = np.random.default_rng(0)
TRUTH = RNG.random((5, 12, 16, 3)).astype(np.float32)
RESULT = np.clip(TRUTH + 0.1, 0, 1)


@pytest.fixture
def folders(tmp_path):
    """A result and its truth as folders whose files are named differently."""
    for number, (picture, truth) in enumerate(zip(RESULT, TRUTH, strict=True)):
        sc.save(tmp_path / "result" / f"{8 * number:03d}.png", picture)
        sc.save(tmp_path / "truth" / f"sharp_{8 * number:04d}.png", truth)
    return tmp_path / "result", tmp_path / "truth"


def test_the_score_is_the_mean_over_the_frames():
    each = [sc.psnr(one, other, data_range=1) for one, other in zip(RESULT, TRUTH, strict=True)]
    assert sc.score(RESULT, TRUTH, ["psnr"]) == {"psnr": pytest.approx(np.mean(each))}
    assert sc.score(iter(RESULT), list(TRUTH), ["psnr"])["psnr"] == pytest.approx(np.mean(each))
    assert set(sc.score(RESULT[0], TRUTH[0])) == {"psnr", "ssim"}


def test_files_of_folders_belong_together_by_their_numbers(folders):
    result, truth = folders
    scored = dict(sc.frame_scores(result, truth, ["psnr"]))
    assert list(scored) == ["0", "8", "16", "24", "32"]
    expected = [sc.psnr(one, other, data_range=1) for one, other in zip(RESULT, TRUTH, strict=True)]
    assert [row["psnr"] for row in scored.values()] == pytest.approx(expected, abs=0.1)
    (truth / "sharp_0008.png").unlink()
    with pytest.raises(sc.FileError, match=r"8 only in .*result; frames belong together"):
        sc.score(result, truth)
    (result / "008.png").unlink()
    assert len(dict(sc.frame_scores(result, truth))) == 4


def test_a_pattern_names_some_of_a_folder(folders):
    result, truth = folders
    sc.save(truth / "blur.png", TRUTH[0])
    with pytest.raises(sc.FileError, match="blur"):
        sc.score(result, truth)
    assert len(dict(sc.frame_scores(result, truth / "sharp_*.png"))) == 5
    (result / "000.png").unlink()
    (truth / "sharp_0000.png").unlink()
    both = sc.frame_scores(str(result / "*.png"), str(truth / "sharp_*.png"))
    assert list(dict(both)) == ["8", "16", "24", "32"]
    with pytest.raises(sc.FileError, match="holds no pictures"):
        sc.score(result, truth / "dull_*.png")


def test_names_without_numbers_belong_together_by_name(tmp_path):
    for name in ("left", "right"):
        sc.save(tmp_path / "a" / f"{name}.png", RESULT[0])
        sc.save(tmp_path / "b" / f"{name}.png", TRUTH[0])
    assert [frame for frame, _ in sc.frame_scores(tmp_path / "a", tmp_path / "b")] == [
        "left",
        "right",
    ]


def test_the_same_names_belong_together_whatever_numbers_they_end_in(tmp_path):
    for name, picture in (("left_1", RESULT[0]), ("right_1", RESULT[1])):
        sc.save(tmp_path / "a" / f"{name}.png", picture)
        sc.save(tmp_path / "b" / f"{name}.png", picture)
    scored = dict(sc.frame_scores(tmp_path / "a", tmp_path / "b", ["psnr"]))
    assert scored == {"left_1": {"psnr": np.inf}, "right_1": {"psnr": np.inf}}
    sc.save(tmp_path / "a" / "left_1.jpg", RESULT[0])
    with pytest.raises(sc.FileError, match="several pictures of frame left_1"):
        sc.score(tmp_path / "a", tmp_path / "b")


def test_folders_of_one_picture_each_belong_together_by_name_too(tmp_path):
    sc.save(tmp_path / "a" / "020.png", RESULT[0])
    sc.save(tmp_path / "b" / "sharp_036.png", TRUTH[0])
    with pytest.raises(sc.FileError, match="frames without a partner: 20 only in"):
        sc.score(tmp_path / "a", tmp_path / "b")
    named = sc.score(tmp_path / "a" / "020.png", tmp_path / "b" / "sharp_036.png")
    assert set(named) == {"psnr", "ssim"}


def test_files_have_a_range_of_their_own(folders):
    with pytest.raises(sc.OptionError, match="leave out the data range 255"):
        sc.score(*folders, data_range=255)


def test_two_pictures_of_one_number_are_refused(tmp_path):
    for name in ("a_1", "b_1"):
        sc.save(tmp_path / "a" / f"{name}.png", RESULT[0])
    sc.save(tmp_path / "b" / "1.png", TRUTH[0])
    with pytest.raises(sc.FileError, match="several pictures of frame 1"):
        sc.score(tmp_path / "a", tmp_path / "b")


def test_videos_go_by_their_order(folders, tmp_path):
    sc.save(tmp_path / "video.mp4", np.repeat(RESULT, 2, 0)[:5])
    assert len(dict(sc.frame_scores(tmp_path / "video.mp4", folders[1]))) == 5
    sc.save(tmp_path / "short.mp4", RESULT[:3])
    with pytest.raises(sc.FileError, match=r"short\.mp4 and .*truth have different .* 3 and 5"):
        sc.score(tmp_path / "short.mp4", folders[1])
    with pytest.raises(sc.FileError, match="3 on one side and more on the other"):
        sc.score(iter(RESULT[:3]), iter(TRUTH))


def test_errors_name_the_frame(folders):
    result, truth = folders
    sc.save(result / "016.png", TRUTH[0][:8])
    with pytest.raises(sc.OptionError, match=r"result, frame 16: the picture is 16x8 in colour"):
        sc.score(result, truth)


def test_metrics_are_known_and_can_be_had():
    with pytest.raises(sc.OptionError, match="no metric 'vmaf'; known metrics: psnr, ssim,"):
        sc.score(RESULT, TRUTH, ["vmaf"])
    with pytest.raises(sc.OptionError, match="psnr compares with the truth; without one there are"):
        sc.score(RESULT, metrics=["psnr"])
    with pytest.raises(sc.OptionError, match="name one metric"):
        sc.score(RESULT, TRUTH, [])
    with pytest.raises(sc.OptionError, match="no pictures"):
        sc.score([], [])
    with pytest.raises(sc.OptionError, match="arrays or paths"):
        sc.score(3, TRUTH)


def test_a_tensor_is_a_picture_as_an_array_is():
    torch = pytest.importorskip("torch")
    expected = sc.score(RESULT[0], TRUTH[0])
    assert sc.score(torch.from_numpy(RESULT[0]), TRUTH[0]) == expected
    assert sc.score(torch.from_numpy(RESULT), torch.from_numpy(TRUTH)) == sc.score(RESULT, TRUTH)


def test_levels_of_eight_bits_are_scored_against_floats():
    levels = np.rint(TRUTH * 255).astype(np.uint8)
    expected = sc.score(RESULT, levels.astype(np.float32) / np.float32(255))
    assert sc.score(RESULT, levels) == expected
    assert sc.score(levels, levels, ["psnr"]) == {"psnr": np.inf}
    by_levels = sc.score(levels[0], 255 - levels[0], ["psnr"], data_range=255)
    assert by_levels == pytest.approx(sc.score(levels[0], 255 - levels[0], ["psnr"]), rel=1e-6)


def test_light_is_scored_by_an_encoding():
    decoded = [sc.parse_encoding("srgb").decode(side) for side in (RESULT, TRUTH)]
    expected = sc.score(*decoded, ["psnr", "ssim"])
    assert sc.score(RESULT, TRUTH, encoding="srgb") == expected
    assert sc.score(RESULT, TRUTH, encoding="linear") == sc.score(RESULT, TRUTH)
    with pytest.raises(sc.OptionError, match="colour_error is of pictures as they are seen"):
        sc.score(RESULT, TRUTH, ["colour_error"], encoding="srgb")
    with pytest.raises(sc.OptionError, match=r"values in \[0, 1\], not of \[0, 255\]"):
        sc.score(RESULT, TRUTH, data_range=255, encoding="srgb")
    with pytest.raises(sc.OptionError, match="no encoding 'rec709'"):
        sc.score(RESULT, TRUTH, encoding="rec709")
