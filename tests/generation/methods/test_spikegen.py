from dataclasses import replace

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.generation.generated import spread_shown_as_white
from spikecam.generation.methods.spikegen import SpikegenOptions, window_length
from spikecam.generation.sampler import Sampler, _blending_weights, _overlapping_parts, load_sampler
from spikecam.generation.spikegen_input import Conditioning, SpikeGenInput
from spikecam.networks.autoencoder import Autoencoder
from spikecam.networks.configs.autoencoder import AutoencoderConfig
from spikecam.networks.refiner import Refiner
from spikecam.networks.spikegen import SpikeGen
from spikecam.stream import SpikeStream
from spikecam.weights.store import load_network, save_weights


def blurry(height, width, seed=0):
    coarse = np.random.default_rng(seed).random((height // 8 + 2, width // 8 + 2, 3))
    fine = np.kron(coarse, np.ones((8, 8, 1)))[:height, :width]
    return fine.astype(np.float32)


@pytest.fixture
def stream(spikes):
    return SpikeStream.from_array(spikes(40, 12, 14))


def test_both_give_samples_their_mean_and_their_spread(spikegen, stream):
    found = sc.generate(blurry(48, 56), stream, at=20, samples=3, steps=4, **spikegen)
    assert found.samples.shape == (3, 48, 56, 3)
    assert found.mean.shape == (48, 56, 3)
    assert found.spread.shape == (48, 56)
    assert {one.dtype for one in (found.mean, found.spread, found.samples)} == {np.dtype("f4")}
    assert found.samples.min() >= 0
    assert found.samples.max() <= 1
    np.testing.assert_allclose(found.mean, found.samples.mean(0), atol=1e-6)
    np.testing.assert_allclose(found.spread, found.samples.std(0).mean(2), atol=1e-6)
    assert found.spread.max() > 0.01


def test_samples_are_told_by_the_seed_however_many_there_are(spikegen, stream):
    def draw(**options):
        return sc.generate(blurry(48, 56), stream, at=20, steps=3, **spikegen, **options).samples

    three = draw(samples=3, seed=5)
    assert np.array_equal(draw(samples=3, seed=5), three)
    assert np.array_equal(draw(samples=1, seed=5)[0], three[0])
    assert not np.array_equal(draw(samples=1, seed=6)[0], three[0])


def test_spikes_alone_give_firing_rates(spikegen, stream):
    found = sc.generate(spikes=stream, samples=2, **spikegen)
    assert found.mean.shape == found.spread.shape == (12, 14)
    assert found.samples.shape == (2, 12, 14)
    given = SpikeGenInput(16).conditioning_on_spikes(stream, 20)
    assert given.scale == given.gain
    np.testing.assert_allclose(
        given.picture, np.clip(given.gain * np.asarray(stream)[12:28].mean(0), 0, 1), atol=1e-6
    )


def test_untrained_it_gives_back_what_is_dense(stream, tmp_path, spikegen):
    network = load_sampler(**spikegen, device="cpu").network
    for values in network.head.proj_out.parameters():
        torch.nn.init.zeros_(values)
    for values in network.head.modulation.parameters():
        torch.nn.init.zeros_(values)
    save_weights(
        tmp_path / "none.safetensors", network, sc.read_weights_info(spikegen["weights"]).card
    )
    blur = np.full((48, 56, 3), 0.5, np.float32)
    weights = {**spikegen, "weights": tmp_path / "none.safetensors"}
    alone = sc.generate(blur, samples=1, steps=1, **weights)
    # Even blocks are what the untrained autoencoder keeps.
    np.testing.assert_allclose(alone.mean, blur, atol=0.01)
    steady = SpikeStream.from_array(np.tile([[[1]], [[0]]], (20, 12, 14)))
    rate = sc.generate(spikes=steady, samples=1, steps=1, **weights)
    np.testing.assert_allclose(rate.mean, 0.5, atol=0.01)


def test_a_picture_alone(spikegen):
    found = sc.generate(blurry(20, 37), samples=2, **spikegen)
    assert found.mean.shape == (20, 37, 3)
    with pytest.raises(sc.OptionError, match="mix of 0"):
        sc.generate(blurry(16, 16), mix=0.5, **spikegen)
    with pytest.raises(sc.OptionError, match="one moment"):
        sc.generate(blurry(16, 16), at=3, **spikegen)


def test_neither_is_refused(spikegen):
    with pytest.raises(sc.OptionError, match="a blurry picture, spikes, or both"):
        sc.generate(**spikegen)


def test_gray_pictures_stay_gray(spikegen, stream):
    gray = blurry(48, 56)[..., 0]
    assert sc.generate(gray, stream, at=20, samples=1, **spikegen).mean.shape == (48, 56)


def test_a_mix_of_0_is_the_picture_alone(spikegen, stream):
    options = {"samples": 2, **spikegen}
    alone = sc.generate(blurry(48, 56), **options)
    mixed = sc.generate(blurry(48, 56), stream, at=20, mix=0, **options)
    assert np.array_equal(mixed.samples, alone.samples)
    with pytest.raises(sc.OptionError, match="a mix above 0"):
        sc.generate(spikes=stream, mix=0, **options)


def test_a_mix_of_1_takes_no_picture(spikegen, stream):
    sampler = load_sampler(**spikegen, device="cpu")
    (given,) = SpikeGenInput(16).iter_conditioning_on_both(
        BlurryPicture(blurry(48, 56)), stream, [20], (4, 36), None
    )
    other = replace(given, picture=1 - given.picture)
    for mix, same in ((1.0, True), (0.5, False)):
        found = [sampler.prepare(one, mix) for one in (given, other)]
        for here, there in zip(*found, strict=True):
            assert torch.equal(*map(torch.as_tensor, (here, there))) is same


def test_what_is_dense_is_what_deblur_makes(stream):
    blur = blurry(48, 56)
    picture = BlurryPicture(blur)
    (given,) = SpikeGenInput(16).iter_conditioning_on_both(
        picture, stream, [20], (4, 36), load_network(Refiner, "refined", "cpu")
    )
    expected = sc.deblur(blur, stream, at=20, exposure=(4, 36), encoding="linear")
    assert np.array_equal(given.picture, expected)
    (bare,) = SpikeGenInput(16).iter_conditioning_on_both(picture, stream, [20], (4, 36), None)
    assert np.array_equal(bare.picture, blur)


def test_the_published_size_sees_latents_alone(spikegen, stream):
    sampler = load_sampler(**spikegen, device="cpu")
    torch.manual_seed(0)
    published = SpikeGen(replace(sampler.network.config, detail_width=0)).eval()
    (given,) = SpikeGenInput(16).iter_conditioning_on_both(
        BlurryPicture(blurry(48, 56)), stream, [20], (4, 36), None
    )
    prepared = Sampler(published, sampler.codec).prepare(given, 0.5)
    assert prepared.pixel_residual == 0
    assert prepared.conditions.shape == (6, 7, 16)


def test_pictures_lower_than_a_part_are_seen_in_parts_of_their_height(spikegen):
    """Pixels lie over their latents: a part is 4 tokens high and 6 wide."""
    picture = blurry(32, 120)
    found = sc.generate(picture, steps=1, **spikegen).mean
    turned = sc.generate(np.swapaxes(picture, 0, 1), steps=1, **spikegen).mean
    assert found.shape == picture.shape
    assert turned.shape == (120, 32, 3)


def test_with_a_picture_rates_are_brought_to_its_brightness(stream):
    blur = blurry(48, 56)
    (given,) = SpikeGenInput(16).iter_conditioning_on_both(
        BlurryPicture(blur), stream, [20], (4, 36), None
    )
    rate = np.asarray(stream)[4:36].mean()
    gray = (blur @ np.array([0.30, 0.59, 0.11])).mean()
    assert given.gain * rate == pytest.approx(gray, rel=1e-4)


def test_one_step_gives_one_picture_whatever_the_seed(spikegen, stream):
    options = {"at": 20, "steps": 1, **spikegen}
    one, other = (sc.generate(blurry(48, 56), stream, seed=n, **options) for n in (0, 1))
    assert len(one.samples) == 1
    assert np.array_equal(one.mean, other.mean)
    assert not one.spread.any()
    with pytest.raises(sc.OptionError, match="one step gives the mean"):
        sc.generate(blurry(48, 56), stream, samples=2, **options)


def test_two_samples_have_opposite_noise(spikes):
    """With the weights that ship: from the mean of a pair most of what is drawn is gone."""
    stream = SpikeStream.from_array(spikes(40, 16, 16))
    options = {"at": 20, "seed": 3}
    drawn = sc.generate(blurry(64, 64), stream, samples=3, **options)
    told = sc.generate(blurry(64, 64), stream, steps=1, **options).mean
    apart = [np.abs(one - told).mean() for one in (drawn.samples[0], drawn.samples[2])]
    assert np.abs(drawn.samples[:2].mean(axis=0) - told).mean() < 0.5 * min(apart)
    assert np.abs(drawn.samples[::2].mean(axis=0) - told).mean() > 0.5 * min(apart)


def test_what_is_far_brighter_than_the_rest_keeps_its_rate(spikegen):
    light = np.zeros((200, 40, 40))
    light[::20] = 1
    light[:, 20:22, 20:22] = 1
    stream = SpikeStream.from_array(light)
    found = sc.generate(spikes=stream, samples=1, **spikegen).mean
    assert found[20:22, 20:22].min() > 0.85


def test_a_fixed_pattern_is_corrected_in_what_is_dense(steady):
    fpn = sc.FixedPattern.random((12, 14), seed=0)
    clean = np.full((12, 14), 0.3, np.float32)
    stream = steady(fpn.distort(clean), 400)
    for frames in (64,):
        plain, corrected = (
            SpikeGenInput(frames).conditioning_on_spikes(stream, 200, fpn=one)
            for one in (None, fpn)
        )
        rates = [one.picture / one.scale for one in (plain, corrected)]
        assert np.abs(rates[1] - 0.3).mean() < 0.5 * np.abs(rates[0] - 0.3).mean()
    blur = BlurryPicture(np.full((48, 56, 3), 0.5, np.float32))
    refiner = load_network(Refiner, "refined", "cpu")
    both = [
        next(
            SpikeGenInput(64).iter_conditioning_on_both(
                blur, stream, [200], (0, 400), refiner, fpn=one
            )
        ).picture
        for one in (None, fpn)
    ]
    assert not np.array_equal(*both)


def test_what_says_nothing_of_what_is_given_is_refused(spikegen, stream):
    with pytest.raises(sc.OptionError, match="exposure is of spikes"):
        sc.generate(blurry(16, 16), exposure=(0, 3), **spikegen)
    with pytest.raises(sc.OptionError, match="spikes alone"):
        sc.generate(spikes=stream, exposure=(0, 20), **spikegen)
    with pytest.raises(sc.OptionError, match="a list of frame indices"):
        sc.generate_frames(None, stream, frames=[], **spikegen)


@pytest.mark.parametrize("size", [(45, 53), (44, 52), (8, 8), (9, 130)])
def test_sizes_that_8_does_not_divide_are_padded_and_cropped(spikegen, size):
    picture = blurry(*size)
    found = sc.generate(picture, samples=1, **spikegen).mean
    assert found.shape == (*size, 3)
    # What is repeated beyond the border is what padding by hand repeats.
    padded = np.pad(picture, ((0, -size[0] % 8), (0, -size[1] % 8), (0, 0)), mode="edge")
    whole = sc.generate(padded, samples=1, **spikegen).mean
    np.testing.assert_allclose(found, whole[: size[0], : size[1]], atol=1e-6)


def test_spikes_of_any_ratio_to_the_picture(spikegen, spikes):
    for shape in ((45, 53), (15, 18), (24, 28)):
        stream = SpikeStream.from_array(spikes(30, *shape))
        size = (45, 53) if shape != (24, 28) else (48, 56)
        found = sc.generate(blurry(*size), stream, at=15, samples=1, check_match=False, **spikegen)
        assert found.mean.shape == (*size, 3)


def test_the_frames_that_are_needed(spikegen, stream):
    blur = blurry(48, 56)
    for frame in (7, 33):
        with pytest.raises(sc.RangeError, match="8 to 32"):
            sc.generate(blur, stream, at=frame, **spikegen)
    for frame in (8, 32):
        sc.generate(blur, stream, at=frame, samples=1, **spikegen)
    # Of a shorter recording, as many as there are, in eights.
    for length in (8, 11, 16):
        assert sc.generate(blur, stream[:length], samples=1, **spikegen).mean.any()
        assert sc.generate(spikes=stream[:length], samples=1, **spikegen).mean.any()
    options = SpikegenOptions(weights=spikegen["weights"])
    assert [window_length(options, stream[:n]) for n in (9, 17, 40)] == [8, 16, 16]
    with pytest.raises(sc.RangeError, match="8 frames of spikes or more, and the recording has 7"):
        sc.generate(blur, stream[:7], **spikegen)
    with pytest.raises(sc.RangeError, match="has 7"):
        sc.generate(spikes=stream[:7], **spikegen)


def test_dark_and_saturated_recordings_give_numbers(spikegen):
    for value in (0, 1):
        stream = SpikeStream.from_array(np.full((24, 12, 14), value))
        for blur in (None, blurry(48, 56), np.zeros((48, 56, 3), np.float32)):
            found = sc.generate(blur, stream, samples=2, **spikegen)
            assert np.isfinite(found.mean).all()
            assert np.isfinite(found.spread).all()


def test_other_views_and_weights_are_refused(spikegen, stream, tmp_path):
    with pytest.raises(sc.GeometryError):
        sc.generate(blurry(48, 80), stream, **spikegen)
    other = Autoencoder(AutoencoderConfig(channels=4, width=8, blocks=0, deep_blocks=0))
    save_weights(
        tmp_path / "other.safetensors", other, sc.read_weights_info(spikegen["autoencoder"]).card
    )
    with pytest.raises(sc.FileError, match="another autoencoder"):
        sc.generate(
            blurry(48, 56), stream, **{**spikegen, "autoencoder": tmp_path / "other.safetensors"}
        )
    with pytest.raises(sc.FileError, match="those of spikegen are needed"):
        sc.generate(blurry(48, 56), stream, weights=spikegen["autoencoder"])
    with pytest.raises(sc.OptionError, match="no option 'step'"):
        sc.generate(blurry(48, 56), stream, step=3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mix": 1.5},
        {"mix": -0.1},
        {"samples": 0},
        {"samples": 2, "steps": 1},
        {"steps": 0},
        {"steps": 101},
        {"seed": -1},
        {"steps": 2.0},
        {"samples": 2.5, "steps": 2},
        {"mix": "half"},
    ],
)
def test_sampling_that_cannot_be(wrong):
    with pytest.raises(sc.OptionError):
        SpikegenOptions(**wrong)


def test_a_recording_of_one_pixel(spikegen, spikes):
    stream = sc.SpikeStream.from_array(spikes(24, 1, 1))
    assert sc.generate(None, stream, steps=1, **spikegen).mean.shape == (1, 1)


def test_a_few_bright_points_do_not_make_a_spread_black():
    spread = np.full((100, 100), 0.05)
    spread[0, :3] = 0.9
    assert spread_shown_as_white([spread]) == pytest.approx(0.05)
    assert spread_shown_as_white([spread, np.zeros((9, 9))]) == pytest.approx(0.05)
    assert spread_shown_as_white([np.zeros((9, 9))]) == 0.02


def test_a_sequence_is_made_frame_by_frame(spikegen, stream):
    frames = sc.generate_frames(blurry(48, 56), stream, frames=[12, 20], samples=1, **spikegen)
    found = [one.mean for one in frames]
    alone = sc.generate(blurry(48, 56), stream, at=20, samples=1, **spikegen)
    assert np.array_equal(found[1], alone.mean)
    assert not np.array_equal(found[0], found[1])


def test_parts_cover_every_token():
    for grid in ((5, 6), (6, 6), (7, 23), (40, 56)):
        total = torch.zeros(*grid, 1)
        for part in _overlapping_parts(grid, 6):
            size = tuple(one.stop - one.start for one in part)
            assert size == (min(6, grid[0]), min(6, grid[1]))
            total[part] += _blending_weights(part)
        assert total.min() > 0


def test_where_parts_overlap_one_passes_over_into_the_other(spikegen):
    """Each part answers with a number of its own: what is put together has no jump."""
    sampler = load_sampler(**spikegen, device="cpu")
    sampler.network.config = replace(sampler.network.config, training_tokens=16)
    parts = _overlapping_parts((20, 56), 16)
    answers = iter(range(len(parts)))

    def condition(seen):
        own = torch.tensor([float(next(answers)) for _ in seen.latents])
        return own[:, None, None, None].expand(-1, 16, 16, 16)

    sampler.network.encode_condition = condition
    sampler = Sampler(sampler.network, sampler.codec)
    given = Conditioning(np.full((160, 448, 3), 0.4, np.float32))
    found = sampler.prepare(given, 0.0).conditions
    rows = [part[0].start for part in parts]
    across = rows.count(rows[0])
    # Along a row of parts the numbers rise by 1 over the width that two of them share.
    steps = found[10, :, 0].diff()
    assert steps.min() > -1e-5
    assert steps.max() < 0.4
    assert float(found[10, -1, 0] - found[10, 0, 0]) == pytest.approx(across - 1, abs=1e-4)


def test_large_pictures_are_encoded_and_decoded_in_parts_to_the_same(spikegen, monkeypatch):
    picture = blurry(120, 200)
    options = {"samples": 1, "steps": 2, **spikegen}
    whole = sc.generate(picture, **options).mean
    monkeypatch.setattr("spikecam.tiles._MAX_SIDE_PIXELS", 64)
    np.testing.assert_allclose(sc.generate(picture, **options).mean, whole, atol=5e-3)
