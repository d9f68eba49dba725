import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.data.sources import find_sources, near_duplicate_group_by_digest


@pytest.fixture
def scene():
    """A picture with coarse structure, different for each seed."""

    def make(seed, size=(90, 120)):
        coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
        return Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC)

    return make


def test_sources_are_found_once(tmp_path, scene):
    scene(0).save(tmp_path / "a.png")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "copy.png").write_bytes((tmp_path / "a.png").read_bytes())
    scene(1).save(tmp_path / "deep" / "b.jpg")
    scene(2).save(tmp_path / ".hidden.png")
    (tmp_path / "out").mkdir()
    scene(3).save(tmp_path / "out" / "made.png")
    (tmp_path / "notes.txt").touch()
    found = find_sources([tmp_path], excluded_folder=tmp_path / "out")
    assert [source.path.rpartition("/")[2] for source in found] == ["a.png", "b.jpg"]
    assert len({source.family for source in found}) == 2


def test_what_looks_alike_is_one_family(tmp_path, scene):
    picture = scene(0)
    picture.save(tmp_path / "a.png")
    picture.resize((70, 50)).save(tmp_path / "small.jpg", quality=50)
    picture.crop((2, 2, 118, 88)).save(tmp_path / "cropped.png")
    scene(1).save(tmp_path / "other.png")
    family = {s.path.rpartition("/")[2]: s.family for s in find_sources([tmp_path])}
    assert family["a.png"] == family["small.jpg"] == family["cropped.png"] != family["other.png"]


def test_frames_of_a_video_are_one_family(tmp_path, scene):
    photo = np.asarray(scene(0, (300, 400)))
    moving = sc.moving_scene(photo, size=(96, 128), speed=40, seed=0, frames=49, exposure=(0, 49))
    for number, frame in enumerate(moving):
        if number % 4 == 0:
            sc.save(tmp_path / f"{number:03d}.png", frame)
    found = find_sources([tmp_path])
    assert len(found) == 13
    assert len({source.family for source in found}) == 1


def test_photographs_of_different_things_are_no_kin(data):
    found = find_sources(sorted((data / "train_photos").glob("*.jpg"))[::7])
    assert len({source.family for source in found}) == len(found)


def test_kin_of_kin_are_kin():
    signs = np.zeros((4, 1, 256), bool)
    signs[1, :, :40] = signs[2, :, :80] = True
    signs[3] = True
    looks = dict(zip("dcba", signs, strict=True))
    assert near_duplicate_group_by_digest(looks) == {"d": "b", "c": "b", "b": "b", "a": "a"}


def test_videos_are_counted_and_known_by_their_looks(tmp_path, scene):
    photo = np.asarray(scene(0, (300, 400)))
    moving = sc.moving_scene(photo, size=(64, 96), speed=9, seed=0, frames=20, exposure=(0, 20))
    sc.save(tmp_path / "clip.mp4", list(moving))
    sc.save(tmp_path / "same.gif", sc.read_video(tmp_path / "clip.mp4"))
    one, two = find_sources([tmp_path])
    assert (one.frames, two.frames) == (20, 20)
    assert one.family == two.family
    assert not one.is_photo


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.png", "does not exist"),
        ("notes.txt", "neither a picture nor a video"),
        ("empty", "no photographs or videos found"),
        ("text.png", "not a readable picture"),
        ("cut.jpg", "not a readable picture"),
        ("tiny.png", "below 16 pixels"),
        ("text.mp4", "not a readable video"),
    ],
)
def test_sources_that_cannot_be_used_are_refused(tmp_path, scene, name, words):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "text.mp4").write_text("no video")
    scene(0).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:900])
    scene(0, (8, 8)).save(tmp_path / "tiny.png")
    with pytest.raises(sc.FileError, match=words):
        find_sources([tmp_path / name])
