import json

import pytest

from spikecam.errors import FileError, GeometryError
from spikecam.io.geometry import (
    CAMERAS,
    Geometry,
    known_camera_sizes,
    read_sidecar,
    resolve_geometry,
    sidecar_path,
    write_sidecar,
)


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "car.dat"
    path.write_bytes(bytes(12500 * 2))
    return path


def test_known_cameras_go_by_name_in_any_case(recording):
    assert resolve_geometry(recording, "GEN2", None) == CAMERAS["gen2"]
    assert CAMERAS["gen2-raw"].frame_bytes == 250 * 416 // 8
    assert resolve_geometry(recording, (7, 9), None) == Geometry(7, 9)
    assert resolve_geometry(recording, "gen2", (250, 400)) == CAMERAS["gen2"]


def test_nothing_is_guessed(recording):
    with pytest.raises(GeometryError, match=r"--size.*400x250 \(gen2") as unknown:
        resolve_geometry(recording, None, None)
    assert "--camera" in str(unknown.value)
    with pytest.raises(GeometryError, match="known cameras: gen2"):
        resolve_geometry(recording, "gen3", None)


def test_the_sidecar_file_tells_what_the_caller_does_not(recording):
    said = Geometry(250, 400, row_width=416, rate=20_000.0, exposure=(1, 2))
    write_sidecar(recording, said)
    assert read_sidecar(recording) == said
    assert resolve_geometry(recording, None, None) == said
    assert resolve_geometry(recording, None, (250, 400)) == said
    assert resolve_geometry(recording, "gen2", None).row_width is None
    assert resolve_geometry(recording, "gen2", None).rate == 20_000


def test_contradictions_are_refused(recording):
    write_sidecar(recording, Geometry(250, 400))
    with pytest.raises(GeometryError, match=r"200x100 and 400x250.*car\.dat\.json"):
        resolve_geometry(recording, None, (100, 200))
    with pytest.raises(GeometryError, match="two sizes"):
        resolve_geometry(recording, "m1k40", (250, 400))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"width": 4}', '{"width": "a", "height": 3}', '{"w": 1, "h": 2}']
)
def test_a_broken_sidecar_file_is_named(recording, text):
    sidecar_path(recording).write_text(text)
    with pytest.raises(FileError, match=r"car\.dat\.json is not a sidecar"):
        resolve_geometry(recording, "gen2", None)


def test_the_sidecar_file_is_plain_json(recording):
    write_sidecar(recording, Geometry(2, 3, rate=5))
    said = json.loads(sidecar_path(recording).read_text())
    assert said == {"height": 2, "width": 3, "rate": 5}


def test_sizes_that_fit_are_listed_once():
    assert known_camera_sizes(7200 * 137) == ["320x180 (spike-gopro)"]
    assert known_camera_sizes(0) == []


@pytest.mark.parametrize("said", [{"rate": -1}, {"rate": "x"}, {"exposure": [5, 3]}])
def test_impossible_rates_and_exposures_are_named(recording, said):
    text = json.dumps({"width": 400, "height": 250, **said})
    sidecar_path(recording).write_text(text)
    with pytest.raises(FileError, match=r"car\.dat\.json is not a sidecar"):
        resolve_geometry(recording, None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"width": 4, "height": 3, "rate": "fast"}', 'its rate is not a number, but "fast"'),
        ("[1, 2]", "it is no JSON object"),
        ("{", "it is no JSON;"),
        ('{"width": 4}', "its height is missing"),
        ('{"width": 4, "height": 3, "frames": 9}', "'frames' is none of exposure, height"),
        ('{"width": 4, "height": 3, "exposure": [1]}', r"its exposure is not \[start, stop\]"),
    ],
)
def test_what_is_wrong_with_a_sidecar_file_is_said_in_plain_words(recording, text, reason):
    sidecar_path(recording).write_text(text)
    with pytest.raises(FileError, match=reason):
        resolve_geometry(recording, None, None)


@pytest.mark.parametrize("shape", [(6,), (6.9, 9.2), (0, 4), (1, 2, 3), ("6", "9")])
def test_shapes_that_cannot_be_are_refused(recording, shape):
    with pytest.raises(GeometryError):
        resolve_geometry(recording, None, shape)
