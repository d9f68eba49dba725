from dataclasses import asdict

import numpy as np
import pytest

import spikecam as sc
from spikecam.requests.deblur import DeblurRequest
from spikecam.requests.generate import GenerateRequest
from spikecam.requests.reconstruct import ReconstructRequest
from spikecam.requests.recording_file import RecordingFile


@pytest.fixture
def files(tmp_path, spikes):
    """A blurry picture of 36x24, and 137 frames of spikes of 9x6 without a header."""
    stream = sc.SpikeStream.from_array(spikes(137, 6, 9))
    (tmp_path / "spikes.dat").write_bytes(stream.packed().tobytes())
    sc.save(tmp_path / "blur.png", np.random.default_rng(0).random((24, 36, 3), np.float32))
    return tmp_path / "blur.png", RecordingFile(tmp_path / "spikes.dat", size=(9, 6))


def test_a_file_is_opened_with_its_size(files):
    assert files[1].open().shape == (137, 6, 9)
    with pytest.raises(sc.GeometryError, match="size"):
        RecordingFile(files[1].path).open()


def test_a_file_is_flipped_rotated_and_cropped_as_it_is_opened(files):
    path, array = files[1].path, np.asarray(files[1].open())
    turned = RecordingFile(path, (9, 6), flip="vertical", rotate=90, crop=":5,1:4")
    expected = sc.Orientation("vertical", 90, ((0, 5), (1, 4))).apply(array)
    assert np.array_equal(np.asarray(turned.open()), expected)
    with pytest.raises(sc.RangeError, match=r"rows 0:10 are not inside .* flipped and rotated"):
        RecordingFile(path, (9, 6), rotate=90, crop=":10,:").open()
    with pytest.raises(sc.OptionError, match="flip is"):
        ReconstructRequest(RecordingFile(path, (9, 6), flip="up")).check()


def test_a_mirrored_picture_is_deblurred_as_its_mirror_image(files, tmp_path):
    blur, spikes = files
    sc.write_picture(tmp_path / "mirrored.png", sc.read_picture(blur)[:, ::-1])
    options = {"method": "sdm", "options": {"window": 9}}
    ((_, expected),) = DeblurRequest(blur, spikes, **options).check().run()
    request = DeblurRequest(tmp_path / "mirrored.png", spikes, **options, mirror=True)
    ((_, picture),) = request.check().run()
    assert np.array_equal(picture, expected)


def test_a_picture_and_spikes_turned_together_are_deblurred_as_before(files, tmp_path):
    blur, spikes = files
    sc.write_picture(tmp_path / "turned.png", np.rot90(sc.read_picture(blur), -1))
    fpn = sc.FixedPattern.random((6, 9), seed=0)
    options = {"method": "sdm", "options": {"window": 9, "fpn": fpn}}
    ((_, expected),) = DeblurRequest(blur, spikes, **options).check().run()
    turned = RecordingFile(spikes.path, spikes.size, rotate=90)
    ((_, picture),) = DeblurRequest(tmp_path / "turned.png", turned, **options).check().run()
    assert np.abs(picture - np.rot90(expected, -1)).max() < 1e-5


def test_default_frames_depend_on_the_output(files):
    blur, spikes = files

    def chosen(request, output):
        return list(request.check(output).frames)

    every = list(range(20, 117))
    reconstruct = ReconstructRequest(spikes, "tfp")
    assert chosen(reconstruct, "picture") == [68]
    for output in ("video", "folder", "archive"):
        assert chosen(reconstruct, output) == every
    deblur = DeblurRequest(blur, spikes, method="sdm", exposure="20:117")
    assert chosen(deblur, "picture") == [68]
    assert chosen(deblur, "video") == every
    for output in ("folder", "archive"):
        assert chosen(deblur, output) == [20, 36, 52, 68, 84, 100, 116]
    assert list(GenerateRequest(blur, spikes, exposure="20:60").check().frames) == [40]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"at": 30}, [30]),
        ({"frames": "3"}, [20, 68, 116]),
        ({"frames": "30:50:10"}, [30, 40]),
        ({"frames": [30, 25]}, [30, 25]),
    ],
)
def test_frames_as_text_or_numbers(files, choice, expected):
    made = list(ReconstructRequest(files[1], "tfp", **choice).check("folder").run())
    assert [frame for frame, _ in made] == expected
    stream = files[1].open()
    for frame, picture in made:
        assert np.array_equal(picture, sc.reconstruct(stream, frame, "tfp"))


def test_deblurring_is_that_of_the_library(files):
    blur, spikes = files
    request = DeblurRequest(blur, spikes, method="sdm", options={"window": 9}, exposure=(20, 117))
    ((frame, picture),) = request.check("picture").run()
    expected = sc.deblur(blur, spikes.open(), exposure=(20, 117), at=frame, method="sdm", window=9)
    assert np.array_equal(picture, expected)


def test_what_is_decided_for_the_user_is_said(files):
    blur, spikes = files
    exposure, encoding = DeblurRequest(blur, spikes).check().facts
    assert exposure == "exposure 0:137 of 137 frames"
    assert encoding.startswith("encoding srgb: too little of ")
    for request in (DeblurRequest, GenerateRequest):
        asked = request(blur, spikes, exposure="20:117", encoding="gamma:2.2")
        assert asked.check().facts == ("encoding gamma:2.2",)
    dark = sc.SpikeStream.from_array(np.eye(40, dtype=np.uint8)[:, :, None])
    prepared = ReconstructRequest(dark, method="tfi").check()
    list(prepared.run())
    assert ": a stretch of 1:99 shows more" in prepared.hints[0]


def test_a_display_mapping_is_shared_by_all_frames(files):
    request = ReconstructRequest(files[1], "tfp", frames="20:117:8", stretch=(1, 99), gamma=2.0)
    shown = np.stack([picture for _, picture in request.check("video").run()])
    plain = sc.reconstruct(files[1].open(), method="tfp", frames=range(20, 117, 8))
    mapping = sc.DisplayMapping.fit(plain[::1], 1, 99, gamma=2.0)
    np.testing.assert_allclose(shown, mapping(plain), atol=1e-6)


def test_levels_are_black_and_white(files):
    request = ReconstructRequest(files[1], "tfp", at=50, levels=(0.1, 0.5), gamma=2.0)
    ((_, shown),) = request.check().run()
    plain = sc.reconstruct(files[1].open(), 50, "tfp")
    np.testing.assert_allclose(shown, np.clip((plain - 0.1) / 0.4, 0, 1) ** 0.5, atol=1e-6)


def test_what_cannot_be_is_refused_before_work(files, tmp_path):
    blur, spikes = files
    fpn = sc.FixedPattern.random((8, 8), seed=0)
    fpn.save(tmp_path / "fpn.npz")
    sc.save(tmp_path / "wide.png", np.zeros((24, 80)))
    for request, error, message in (
        (ReconstructRequest(spikes, at=3, frames="3"), sc.OptionError, "not both"),
        (ReconstructRequest(spikes, frames="20:150"), sc.RangeError, "0:137"),
        (ReconstructRequest(spikes, frames="x"), sc.OptionError, "^frames x"),
        (ReconstructRequest(spikes, "tfp", at=5), sc.RangeError, "from 20 to 116"),
        (ReconstructRequest(spikes, method="sdm"), sc.OptionError, "spikes and a picture"),
        (ReconstructRequest(spikes, options={"windw": 3}), sc.OptionError, "no option 'windw'"),
        (ReconstructRequest(spikes, stretch=(99, 1)), sc.OptionError, "percentiles rise"),
        (ReconstructRequest(spikes, gamma=0), sc.OptionError, "gamma"),
        (ReconstructRequest(spikes, levels=(1, 0)), sc.OptionError, "white above black"),
        (ReconstructRequest(spikes, stretch=(1, 9), levels=(0, 1)), sc.OptionError, "not both"),
        (
            ReconstructRequest(spikes, options={"fpn": tmp_path / "fpn.npz"}),
            sc.GeometryError,
            "8x8",
        ),
        (DeblurRequest(tmp_path / "no.png", spikes), sc.FileError, "no.png"),
        (DeblurRequest(tmp_path / "wide.png", spikes), sc.GeometryError, "wide.png"),
        (DeblurRequest(blur, spikes, encoding="rec709"), sc.OptionError, "no encoding 'rec709'"),
        (GenerateRequest(blur, spikes, encoding="rec709"), sc.OptionError, "no encoding 'rec709'"),
        (DeblurRequest(blur, spikes, exposure="20"), sc.OptionError, "START:STOP, such as"),
        (DeblurRequest(blur, spikes, exposure=(20, 200)), sc.RangeError, "20:200"),
        (
            DeblurRequest(blur, spikes, method="teacher", options={"weights": ["bsn"]}),
            sc.OptionError,
            "teacher takes 2 weights, of bsn and edsr, not 1",
        ),
        (GenerateRequest(), sc.OptionError, "spikes, or both"),
        (GenerateRequest(blur, at=3), sc.OptionError, "^at is of spikes"),
        (GenerateRequest(None, spikes, mirror=True), sc.OptionError, "^mirror is of a blurry"),
        (GenerateRequest(None, spikes, exposure="2:30"), sc.OptionError, "^exposure goes with"),
        (GenerateRequest(blur, spikes, options={"steps": 0}), sc.OptionError, "steps are 1 to"),
    ):
        with pytest.raises(error, match=message):
            request.check()


def test_a_request_is_of_plain_values(files):
    held = asdict(DeblurRequest(files[0], files[1], frames="7"))
    assert held["spikes"]["size"] == (9, 6)
    again = DeblurRequest(**{**held, "spikes": RecordingFile(**held["spikes"])})
    assert again == DeblurRequest(files[0], files[1], frames="7")


def test_a_recording_in_the_place_of_the_picture_is_refused(tmp_path):
    for name in ("blur.png", "spikes.dat"):
        (tmp_path / name).touch()
    request = DeblurRequest(tmp_path / "spikes.dat", tmp_path / "blur.png")
    with pytest.raises(sc.OptionError, match=r"spikes.dat is a recording .* picture first"):
        request.check()
