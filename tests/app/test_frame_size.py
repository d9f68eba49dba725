from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import spikecam as sc
from spikecam.app.frame_size import (
    camera_geometry,
    list_camera_sizes_fitting_first,
    preview_png,
)


def test_sizes_that_fit_come_first_and_the_right_preview_shows_the_scene(tmp_path):
    y, x = np.mgrid[:250, :400]
    disc = ((x - 200) ** 2 + (y - 125) ** 2 < 90**2).astype(float)
    path = tmp_path / "a.dat"
    stream = sc.simulate(np.repeat(0.1 + 0.6 * disc[None], 160, axis=0))
    path.write_bytes(stream.packed().tobytes())
    sizes = list_camera_sizes_fitting_first(path)
    assert (sizes[0].width, sizes[0].height, sizes[0].divides_file) == (400, 250, True)
    right = np.asarray(Image.open(BytesIO(preview_png(path, "gen2")))) / 255
    assert np.corrcoef(right.ravel(), disc.ravel())[0, 1] > 0.95
    wrong = np.asarray(Image.open(BytesIO(preview_png(path, (250, 416))))) / 255
    assert wrong.shape == (250, 416)
    assert abs(np.corrcoef(wrong[:, :400].ravel(), disc.ravel())[0, 1]) < 0.3


def test_a_camera_is_a_name_or_a_size():
    assert camera_geometry("M1K40").rate == 40_000
    assert camera_geometry((8, 16)).frame_bytes == 16
    with pytest.raises(sc.GeometryError, match="no camera is called 'gen9'"):
        camera_geometry("gen9")
