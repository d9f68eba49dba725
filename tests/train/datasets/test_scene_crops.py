import numpy as np
import pytest

import spikecam as sc
from spikecam.encoding import SRGB, quarter_gray_light
from spikecam.gray import GRAY_WEIGHTS
from spikecam.train.datasets.configs import SceneConfig
from spikecam.train.datasets.scene_crops import SceneCrops, random_encoding

AS_STORED = SceneConfig(crop=64, low_light_prob=0, camera_prob=0, misalignment_prob=0)


def mean_light(crop):
    """Light that the spike camera saw in the exposure."""
    return crop.light[slice(*crop.exposure)].mean(axis=0)


def crops_of(folder, config, **options):
    crops = SceneCrops(sc.read_spike_gopro(folder), config, seed=0, **options)
    return [crops.draw_crop(number) for number in range(12)]


def test_pictures_and_spikes_see_the_same_light(tiny_set):
    crops = crops_of(tiny_set, AS_STORED, moments=2)
    assert {str(crop.blur.encoding) for crop in crops} == {"srgb", "linear"}
    for crop in crops:
        assert crop.blur.shape == (64, 64, 3)
        assert crop.sharp.shape == crop.sharp_light.shape == (2, 64, 64, 3)
        seen = quarter_gray_light(crop.blur.values, crop.blur.encoding)
        assert np.abs(seen - mean_light(crop)).max() < 0.02
        for frame, picture in zip(crop.frames, crop.sharp, strict=True):
            seen = quarter_gray_light(picture, crop.blur.encoding)
            assert np.abs(seen - crop.light[frame]).max() < 0.01


def test_another_camera_sees_the_same_scene_in_units_of_its_own(tiny_set):
    config = SceneConfig(crop=64, low_light_prob=1, camera_prob=1, misalignment_prob=0)
    whites = []
    for crop in crops_of(tiny_set, config):
        values = crop.blur.values
        assert np.allclose(values * 255, np.rint(values * 255), atol=1e-3)
        assert crop.sharp.max() <= 1
        # What is neither clipped nor lost in the dark is the light times one number.
        light = crop.blur.encoding.gray_light(crop.blur.light)[1::4, 1::4]
        usable = (values[1::4, 1::4].max(axis=2) < 0.9) & (light > 0.05)
        if usable.sum() < 20:
            continue
        seen = mean_light(crop)[usable]
        whites.append(np.median(light[usable] / seen))
        assert np.corrcoef(light[usable], seen)[0, 1] > 0.9
    # Photographs are exposed for other times.
    assert len(whites) > 3
    assert np.ptp(np.log(whites)) > 0.5


@pytest.mark.parametrize("seed", range(8))
def test_a_random_camera_has_a_curve_that_rises(seed):
    weights = (0.2, 0.7, 0.1)
    encoding = random_encoding(np.random.default_rng(seed), weights)
    values = np.linspace(0, 1, 101)
    light = encoding.decode(values)
    assert (np.diff(light) > 0).all()
    assert light[[0, -1]] == pytest.approx([0, 1])
    assert np.allclose(encoding.encode(light), values, atol=2e-3)
    assert encoding.colour_weights == weights
    # About as the curves of cameras are.
    assert 0.1 < encoding.decode(0.5) < 0.5


def test_encodings_of_the_same_curve_are_equal():
    assert random_encoding(np.random.default_rng(1), GRAY_WEIGHTS) == random_encoding(
        np.random.default_rng(1), GRAY_WEIGHTS
    )
    assert random_encoding(np.random.default_rng(1), GRAY_WEIGHTS) != random_encoding(
        np.random.default_rng(2), GRAY_WEIGHTS
    )
    assert sc.parse_encoding("srgb") == SRGB != sc.parse_encoding("linear")
    assert len({sc.parse_encoding("gamma:2"), sc.parse_encoding("gamma:2.0"), SRGB}) == 2
