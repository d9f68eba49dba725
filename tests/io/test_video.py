import numpy as np
import pytest

import spikecam as sc
from spikecam import sample
from spikecam.errors import FileError, OptionError
from spikecam.io.folder import write_picture_folder
from spikecam.io.video import read_video, video_frames, write_video


def brightening_frames(frames, height, width, colours=3):
    """A soft gradient that brightens, so that codecs have nothing to lose."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    base = np.stack([x, y, 1 - x][:colours], axis=-1)
    return np.stack([base * (0.3 + 0.5 * t / frames) for t in range(frames)]).astype(np.float32)


@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_colours_and_order_survive(tmp_path, name):
    frames = brightening_frames(6, 96, 128)
    write_video(tmp_path / name, iter(frames), fps=25)
    back = read_video(tmp_path / name)
    assert back.shape == frames.shape
    assert np.abs(back - frames).mean(axis=(1, 2)).max() < 0.02


@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_gray_stays_gray(tmp_path, name):
    frames = np.concatenate(
        [brightening_frames(3, 64, 64, 1)[..., 0], np.ones((1, 64, 64), np.float32)]
    )
    write_video(tmp_path / name, frames)
    back = read_video(tmp_path / name)
    assert np.abs(back - frames[..., None]).mean() < 0.01
    # The planes are gray to the bit; only the decoder's own rounding is left.
    assert np.ptp(back.mean(axis=(1, 2)), axis=1).max() < 0.006


def test_odd_sides_are_made_even_by_repeating(tmp_path):
    write_video(tmp_path / "a.mp4", brightening_frames(2, 31, 45))
    assert read_video(tmp_path / "a.mp4").shape == (2, 32, 46, 3)
    write_video(tmp_path / "a.gif", brightening_frames(2, 31, 45))
    assert read_video(tmp_path / "a.gif").shape == (2, 31, 45, 3)


def test_a_folder_of_frames_is_a_video_too(tmp_path):
    frames = np.rint(brightening_frames(3, 8, 9) * 255) / np.float32(255)
    write_picture_folder(tmp_path / "out", frames, [20, 68, 116])
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["020.png", "068.png", "116.png"]
    assert np.allclose(read_video(tmp_path / "out"), frames)


def test_video_is_read_one_frame_at_a_time(tmp_path):
    write_video(tmp_path / "a.mp4", brightening_frames(5, 32, 32))
    assert next(video_frames(tmp_path / "a.mp4")).shape == (32, 32, 3)


def test_wrong_files_are_named(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    (tmp_path / "empty").mkdir()
    for name, message in (
        ("a.mp4", "not a readable video"),
        ("empty", "holds no pictures"),
        ("b.mp4", "does not exist"),
    ):
        with pytest.raises(FileError, match=message):
            read_video(tmp_path / name)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "at least one"),
        ([np.zeros((4, 4)), np.zeros((4, 6))], "differ in size"),
        ([np.zeros((4, 4)), np.full((4, 4), 2.0)], "scale or clip"),
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_wrong_frames_leave_no_file(tmp_path, frames, message, name):
    with pytest.raises(OptionError, match=message):
        write_video(tmp_path / name, frames)
    assert list(tmp_path.iterdir()) == []


def test_a_speed_must_be_positive(tmp_path):
    with pytest.raises(OptionError, match="frames per second"):
        write_video(tmp_path / "a.mp4", brightening_frames(2, 8, 8), fps=1e-9)


def test_a_thousand_frames_come_back_in_order(tmp_path):
    levels = [np.full((1, 1), n % 251, np.uint8) for n in range(1005)]
    write_picture_folder(tmp_path / "out", iter(levels))
    back = np.rint(read_video(tmp_path / "out")[:, 0, 0] * 255)
    assert back.tolist() == [n % 251 for n in range(1005)]


def test_formats_and_speeds_that_are_not_written_are_refused(tmp_path):
    with pytest.raises(OptionError, match="does not end like a video"):
        write_video(tmp_path / "a.avi", brightening_frames(2, 8, 8))
    with pytest.raises(OptionError, match=r"0\.01 to 50"):
        write_video(tmp_path / "a.gif", brightening_frames(2, 8, 8), fps=120)


def test_a_video_held_sideways_is_turned(tmp_path):
    write_video(tmp_path / "a.mp4", brightening_frames(2, 32, 64))
    content = (tmp_path / "a.mp4").read_bytes()
    # The track's matrix, in 16.16 and 2.30 fixed point: the identity, then a quarter turn.
    one, unit = (1 << 16).to_bytes(4, "big"), (1 << 30).to_bytes(4, "big")
    minus = (-(1 << 16) & 0xFFFFFFFF).to_bytes(4, "big")
    none = bytes(4)
    track = content.index(b"tkhd")
    straight = one + none * 3 + one + none * 3 + unit
    turned = none + one + none + minus + none * 4 + unit
    assert straight in content[track : track + 100]
    place = content.index(straight, track)
    (tmp_path / "b.mp4").write_bytes(content[:place] + turned + content[place + 36 :])
    upright, sideways = read_video(tmp_path / "a.mp4"), read_video(tmp_path / "b.mp4")
    # The matrix turns the picture clockwise when it is shown.
    assert np.allclose(sideways[0], np.rot90(upright[0], -1), atol=0.02)


def test_frames_are_counted_without_decoding(tmp_path):
    frames = np.random.default_rng(0).random((7, 16, 24, 3))
    for name in ("clip.mp4", "clip.gif", "folder"):
        sc.save(tmp_path / name, frames)
        assert sc.count_frames(tmp_path / name) == 7
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(sc.FileError, match="not a readable video"):
        sc.count_frames(tmp_path / "text.mp4")


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_video_is_refused_and_the_frame_named(tmp_path, seed):
    rows, columns = np.mgrid[:120, :160]
    waves = [np.sin(columns / 9 + t / 3) * np.cos(rows / 7) / 2 + 0.5 for t in range(30)]
    write_video(tmp_path / "a.mp4", waves)
    content = bytearray((tmp_path / "a.mp4").read_bytes())
    rng = np.random.default_rng(seed)
    # Past the index and the encoder's words about itself, before the end of the pictures.
    for place in rng.integers(content.find(b"mdat") + 800, content.find(b"moov"), 200):
        content[place] = rng.integers(256)
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(FileError, match=r"a\.mp4 (is damaged at (about )?frame|is not a readable)"):
        list(video_frames(tmp_path / "a.mp4"))


def test_the_same_pictures_are_the_same_file(tmp_path):
    pictures = [*sc.reconstruct_frames(sc.open(sample.SPIKES), "tfp", frames=range(20, 70))]
    for i in range(4):
        write_video(tmp_path / f"{i}.mp4", pictures)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
