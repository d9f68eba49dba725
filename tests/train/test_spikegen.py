"""SpikeGen's autoencoder, latents, losses and runs, as small as they can be."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import spikecam as sc
from spikecam.generation.latents import load_autoencoder
from spikecam.networks.configs.autoencoder import AutoencoderConfig
from spikecam.networks.configs.spikegen import SpikeGenConfig
from spikecam.networks.diffusion import q_sample
from spikecam.train.autoencoder import AutoencoderStage
from spikecam.train.config import RunConfig
from spikecam.train.folder import last_measures
from spikecam.train.generative import pretrain_spikegen, train_autoencoder, tune_spikegen
from spikecam.train.job import Job
from spikecam.train.latents import LatentCache, Latents, make_latents
from spikecam.train.moments import MomentConfig, Moments, drawn_mix
from spikecam.train.pairs import find_pairs
from spikecam.train.pictures import Pictures, find_pictures
from spikecam.train.run import Report
from spikecam.train.scenes import SceneConfig
from spikecam.train.spike_alignment import alignment_loss, probabilities
from spikecam.train.spikegen import LossConfig, SpikeGenStage

RUN = RunConfig(epochs=2, steps=1, batch=2, lr=1e-3, accelerator="cpu", workers=0)
CODEC = AutoencoderConfig(channels=4, width=8, deep_width=8, blocks=0, deep_blocks=0)
SIZE = SpikeGenConfig(
    width=16,
    depth=1,
    decoder_depth=1,
    heads=2,
    spike_channels=(2, 3, 8),
    head_width=12,
    detail=4,
)
MOMENTS = MomentConfig(frames=8)
SCENES = SceneConfig(crop=64, scales=0.0, along=False)


@pytest.fixture(scope="module")
def photos(tiny_set):
    return tiny_set.parent / "photos"


@pytest.fixture(scope="module")
def codec(photos, tmp_path_factory):
    """Weights of a small autoencoder."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("codec") / "run"
    return train_autoencoder(Job([photos], folder), RUN, CODEC, crop=64)


@pytest.fixture(scope="module")
def cache(photos, codec, tmp_path_factory):
    folder = tmp_path_factory.mktemp("latents") / "cache"
    make_latents([photos], folder, *load_autoencoder(codec), crop=64, each=2)
    return folder


def stopped_after_an_epoch():
    """A check that interrupts a run as its second epoch of one step begins."""
    seen = []

    def check():
        seen.append(1)
        # One step of training and one batch of judging or more are seen before.
        if len(seen) > 2:
            raise KeyboardInterrupt

    return check


def equal(one, other):
    one, other = load_file(one), load_file(other)
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_an_autoencoder_learns_what_the_linear_transform_loses(photos, tmp_path):
    config = replace(RUN, epochs=2, steps=40, lr=3e-3)
    job = Job([photos], tmp_path / "run")
    network = AutoencoderConfig(channels=4, width=8, deep_width=16, blocks=1, deep_blocks=0)
    stage = AutoencoderStage(network, config)
    judged = Pictures(find_pictures([photos], 64)[1], 64, seed=0, length=1, judge=True)
    batch = {name: values[None] for name, values in judged[0].items()}
    before = stage.judged(batch)[0]["psnr"].item()
    train_autoencoder(job, config, network, crop=64)
    assert last_measures(tmp_path / "run")["val/psnr"] > before + 0.5


def test_latents_are_of_the_size_of_one(codec, photos):
    network, _ = load_autoencoder(codec)
    pictures = Pictures(find_pictures([photos], 64)[0], 64, seed=0, length=8)
    batch = torch.stack([pictures[n]["sharp"] for n in range(8)])
    assert float(network.encode(batch).square().mean()) == pytest.approx(1, abs=0.5)


def test_pictures_are_the_same_whenever_they_are_asked_for(photos):
    train, val = find_pictures([photos], 64)
    assert (len(train), len(val)) == (11, 1)
    assert not {*train} & {*val}
    one, other = (Pictures(train, 64, seed=3, length=9) for _ in range(2))
    assert torch.equal(one[4]["sharp"], other[4]["sharp"])
    assert not torch.equal(one[4]["sharp"], one[5]["sharp"])


def test_pictures_that_cannot_be_cropped_are_left_out(photos, tmp_path):
    with pytest.raises(sc.FileError, match="0 pictures of 128 pixels a side or more"):
        find_pictures([photos], 128)
    with pytest.raises(sc.FileError, match="no folder of pictures"):
        find_pictures([photos / "none"], 64)
    sc.write_picture(tmp_path / "small.png", np.zeros((20, 300, 3), np.float32))
    said = []
    train, val = find_pictures([photos, tmp_path], 64, said.append)
    assert len(train) + len(val) == 12
    assert said[0].startswith("1 of 13 pictures in ")
    with pytest.raises(sc.OptionError, match="multiple of 8"):
        Pictures(train, 100, seed=0, length=1)


def test_ratios_are_a_normal_distribution_cut_off():
    rng = np.random.default_rng(0)
    drawn = np.array([drawn_mix(rng) for _ in range(20_000)])
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert drawn.mean() == pytest.approx(0.5, abs=0.01)
    # Of N(0.5, 1) between 0 and 1: nearly even, but a little more in the middle.
    middle = (np.abs(drawn - 0.5) < 0.25).mean()
    assert middle == pytest.approx(0.5155, abs=0.012)


def test_latents_fade_with_the_ratio(cache, codec, photos):
    samples = Latents(cache, seed=0, length=100)
    network, _ = load_autoencoder(codec)
    held = {name: np.load(cache / f"{name}.npy") for name in ("sharp", "gray", "blurry")}
    one = samples[7]
    (chosen,) = (n for n in range(22) if np.allclose(held["blurry"][n], one["latents"], atol=1e-3))
    mix = float(one["mix"])
    expected = (1 - mix) * held["sharp"][chosen] + mix * held["gray"][chosen]
    assert np.allclose(one["target"], expected, atol=5e-3)
    assert one["spikes"].shape == (8, 64, 64)
    # A tenth of the pixels fire, and the gain brings that to the brightness of the picture.
    assert one["spikes"].float().mean() == pytest.approx(0.1, abs=0.03)
    shown = network.decode(one["latents"][None]).mean()
    assert float(one["gain"] * one["spikes"].float().mean()) == pytest.approx(float(shown), rel=0.2)


def test_a_cache_is_kept_and_never_mixed_with_another(cache, codec, photos):
    autoencoder, name = load_autoencoder(codec)
    kept = make_latents([photos], cache, autoencoder, name, crop=64, each=2)
    assert kept == LatentCache.open(cache)
    assert (kept.train, kept.val) == (22, 1)
    with pytest.raises(sc.OutputError, match="other latents"):
        make_latents([photos], cache, autoencoder, name, crop=64, each=3)


def test_latents_of_another_autoencoder_are_refused(cache, photos, tmp_path):
    other = train_autoencoder(
        Job([photos], tmp_path / "other"), replace(RUN, seed=1), CODEC, crop=64
    )
    with pytest.raises(sc.FileError, match="another autoencoder"):
        pretrain_spikegen(
            Job([cache], tmp_path / "run"), RUN, SIZE, losses=LossConfig(), autoencoder=other
        )
    with pytest.raises(sc.OptionError, match="latents alone"):
        losses = LossConfig(pixels=1)
        pretrain_spikegen(Job([cache], tmp_path / "run"), RUN, SIZE, losses=losses)
    with pytest.raises(sc.FileError, match="spikecam train latents"):
        pretrain_spikegen(
            Job([photos], tmp_path / "run"), RUN, SIZE, losses=LossConfig(), autoencoder=other
        )


def test_pretraining_that_was_stopped_ends_at_the_same_weights(cache, codec, tmp_path):
    def train(folder, **options):
        job = Job([cache], tmp_path / folder, report=Report(**options))
        return pretrain_spikegen(job, RUN, SIZE, losses=LossConfig(), autoencoder=codec)

    straight = train("straight")
    with pytest.raises(KeyboardInterrupt):
        train("stopped", check=stopped_after_an_epoch())
    assert torch.load(tmp_path / "stopped" / "last.ckpt", weights_only=True)["epoch"] == 0
    assert equal(train("stopped"), straight)


def test_tuning_begins_with_what_was_pretrained_and_resumes(
    tiny_set, photos, cache, codec, tmp_path
):
    begun = pretrain_spikegen(
        Job([cache], tmp_path / "begun"), RUN, SIZE, losses=LossConfig(), autoencoder=codec
    )

    def tune(folder, start=begun, network=None, **options):
        job = Job([tiny_set], tmp_path / folder, start, report=Report(**options))
        losses = LossConfig(pixels=1.0, alignment=0.1)
        moments = replace(MOMENTS, dense=0.5)
        return tune_spikegen(
            job, RUN, network, moments, SCENES, losses=losses, autoencoder=codec, pictures=[photos]
        )

    straight = tune("straight")
    with pytest.raises(KeyboardInterrupt):
        tune("stopped", check=stopped_after_an_epoch())
    assert equal(tune("stopped"), straight)
    network, _ = sc.load_weights(straight, "spikegen")
    assert (network.config.frames, network.config.side) == (8, 8)
    assert not equal(straight, begun)
    with pytest.raises(sc.OptionError, match="another size"):
        tune("larger", network=replace(SIZE, width=32))


def test_moments_are_the_same_whenever_they_are_asked_for(tiny_set, photos):
    train, _ = find_pairs(tiny_set, light=True)
    pictures = Pictures(find_pictures([photos], 64)[0], 64, seed=0, length=9)
    moments = Moments(train, pictures, replace(MOMENTS, dense=0.5), SCENES, seed=0, length=9)
    for number in range(6):
        one, other = moments[number], moments[number]
        assert all(torch.equal(one[name], other[name]) for name in one)
        assert one["picture"].shape == one["sharp"].shape == (3, 64, 64)
        assert one["spikes"].shape == (8, 64, 64)
        assert one["sharp"].max() <= 1
    with pytest.raises(sc.OptionError, match="data set with blurry pictures, or"):
        Moments([], None, MOMENTS, SCENES, seed=0, length=1)


def test_spikes_alone_have_no_colours_and_a_picture_alone_is_blurry(tiny_set):
    train, _ = find_pairs(tiny_set, light=True)
    moments = Moments(train, None, replace(MOMENTS, alone=0.5), SCENES, seed=0, length=40)
    seen = [moments[number] for number in range(12)]
    mixes = {float(one["mix"]) for one in seen}
    assert mixes == {0.0, 1.0}
    for one in seen:
        colours = (one["sharp"] - one["sharp"].mean(0)).abs().max()
        assert (colours < 1e-6) == (one["mix"] == 1)


def test_rates_with_their_gain_are_as_bright_as_the_truth(tiny_set, photos):
    train, _ = find_pairs(tiny_set, light=True)
    pictures = Pictures(find_pictures([photos], 64)[0], 64, seed=0, length=9)
    for dense in (0.0, 1.0):
        config = replace(MOMENTS, dense=dense, alone=0.0, frames=16)
        moments = Moments(train, pictures, config, SCENES, seed=0, length=9)
        for number in range(4):
            one = moments[number]
            rate = one["spikes"].float().mean() * one["gain"]
            assert float(rate) == pytest.approx(float(one["sharp"].mean()), rel=0.25)


def test_the_loss_is_of_means_and_velocities_where_nothing_else_is_asked_for(codec):
    network, _ = load_autoencoder(codec)
    stage = SpikeGenStage(replace(SIZE, channels=4), network, RUN, LossConfig(draws=3))
    lots = torch.Generator().manual_seed(0)
    batch = {
        "picture": torch.rand(2, 3, 64, 64, generator=lots),
        "sharp": torch.rand(2, 3, 64, 64, generator=lots),
        "spikes": (torch.rand(2, 8, 64, 64, generator=lots) < 0.3).to(torch.uint8),
        "gain": torch.ones(2),
        "mix": torch.tensor([0.3, 1.0]),
    }
    loss = stage.loss(batch)
    # Untrained, all is told to be zero: what is left is the truth itself.
    latents, target = network.encode(batch["picture"]), network.encode(batch["sharp"])
    shares = torch.tensor([1.0, 0.0])[:, None, None, None]
    added = (2 * (target - shares * latents)).movedim(1, -1).flatten(0, 2)
    generator = stage.generator()
    noise = torch.randn(3, 128, 4, generator=generator)
    times = torch.randint(0, 1001, (3, 128), generator=generator)
    _, velocity = q_sample(added.repeat(3, 1), noise.flatten(0, 1), times.flatten())
    error = (added.square().reshape(2, -1).mean(1) + 1e-5).sqrt().mean()
    expected = error + added.abs().mean() + velocity.square().mean()
    torch.testing.assert_close(loss, expected)
    assert torch.equal(stage.loss(batch), loss)
    with_pixels = SpikeGenStage(
        replace(SIZE, channels=4), network, RUN, LossConfig(draws=3, pixels=2.0)
    )
    with_pixels.network.load_state_dict(stage.network.state_dict())
    # Half of what the autoencoder loses of the picture is kept, untrained.
    kept = network.decode(shares * latents) + 0.5 * shares * (
        batch["picture"] - network.decode(latents)
    )
    error = (kept - batch["sharp"]).square().mean((1, 2, 3)).sqrt().mean()
    assert (with_pixels.loss(batch) - loss).item() == pytest.approx(2 * error.item(), rel=1e-3)


def fired(light, frames):
    """Spikes on a grid a quarter as fine as light, repeated."""
    lots = torch.Generator().manual_seed(0)
    coarse = torch.nn.functional.avg_pool2d(light, 4)
    spikes = torch.rand(1, frames, *coarse.shape[2:], generator=lots) < coarse
    return spikes.to(torch.uint8).repeat_interleave(4, 2).repeat_interleave(4, 3)


def test_alignment_is_least_for_the_picture_that_the_spikes_are_of():
    lots = torch.Generator().manual_seed(0)
    light = torch.rand(1, 1, 48, 48, generator=lots)
    light = 0.5 * light + 0.5 * torch.nn.functional.avg_pool2d(light, 9, 1, 4)
    light = (light - light.min()) / (light.max() - light.min())
    spikes = fired(light, 3000)

    def loss(gray):
        return alignment_loss(gray.expand(-1, 3, -1, -1), spikes, lots).item()

    blocks = torch.nn.functional.avg_pool2d(light, 4)
    blocks = blocks.repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert loss(light) < 0.002
    # What is finer than the spikes is neither asked for nor held against a picture.
    assert loss(blocks) == pytest.approx(loss(light), abs=5e-4)
    # Brightness and contrast do not count, what is where does.
    assert loss(0.2 + 0.5 * light) == pytest.approx(loss(light), abs=5e-4)
    assert loss(light.flip(3)) > 10 * loss(light)


def test_alignment_pulls_a_picture_to_the_spikes():
    lots = torch.Generator().manual_seed(0)
    light = torch.linspace(0.05, 0.95, 32).expand(1, 1, 32, 32)
    spikes = fired(light, 400)
    picture = torch.full((1, 3, 32, 32), 0.5) + 0.1 * torch.rand(1, 3, 32, 32, generator=lots)
    picture.requires_grad_()
    optimizer = torch.optim.Adam([picture], lr=0.02)
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        loss = alignment_loss(picture, spikes, lots)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_probabilities_are_from_0_to_1_whatever_the_picture():
    lots = torch.Generator().manual_seed(0)
    for gray in (torch.zeros(1, 1, 8, 8), torch.full((1, 1, 8, 8), 7.0), torch.randn(1, 1, 8, 8)):
        found = probabilities(gray, lots, noise=0.2)
        assert found.shape == (1, 1, 2, 2)
        assert found.isfinite().all()
        assert found.min() >= 0
        assert found.max() <= 1


def test_pairs_as_they_were_recorded(tiny_set, tmp_path):
    """Those of Spike-GOPRO have sharp pictures and spikes, but not the light that these saw."""
    bare = tmp_path / "bare"
    shutil.copytree(tiny_set, bare, ignore=shutil.ignore_patterns("light_data"))
    train, _ = find_pairs(bare)
    assert all(pair.light is None for pair in train)
    moments = Moments(train, None, MOMENTS, replace(SCENES, crop=64), seed=0, length=20, mix=0.5)
    for number in range(4):
        one = moments[number]
        assert all(torch.equal(one[name], moments[number][name]) for name in one)
        rate = one["spikes"].float().mean() * one["gain"]
        assert float(rate) == pytest.approx(float(one["sharp"].mean()), rel=0.3)
    blind = [replace(pair, sharp={}) for pair in train]
    with pytest.raises(sc.FileError, match="no sharp pictures"):
        Moments(blind, None, MOMENTS, SCENES, seed=0, length=1)
    with pytest.raises(sc.FileError, match="fewer than 48 frames around frame"):
        Moments(train, None, replace(MOMENTS, frames=48), SCENES, seed=0, length=1)


def test_dense_reconstruction_alone_says_what_it_was_trained_on(photos, codec, tmp_path):
    made = tune_spikegen(
        Job([], tmp_path / "run"),
        RUN,
        SIZE,
        MOMENTS,
        SCENES,
        losses=LossConfig(),
        autoencoder=codec,
        pictures=[photos],
    )
    _, card = sc.load_weights(made)
    assert card.data == "photos: 11 pictures"


def test_an_autoencoder_that_was_stopped_ends_the_same(photos, tmp_path):
    def train(folder, **options):
        job = Job([photos], tmp_path / folder, report=Report(**options))
        return train_autoencoder(job, RUN, CODEC, crop=64)

    straight = train("straight")
    with pytest.raises(KeyboardInterrupt):
        train("stopped", check=stopped_after_an_epoch())
    assert equal(train("stopped"), straight)


def test_latents_are_whole_or_not_there(photos, codec, tmp_path):
    def stop(steps):
        yield steps[0]
        raise KeyboardInterrupt

    folder = tmp_path / "cache"
    with pytest.raises(KeyboardInterrupt):
        make_latents([photos], folder, *load_autoencoder(codec), crop=64, each=2, track=stop)
    assert not folder.exists()
    with pytest.raises(sc.OutputError, match=r"needs .* GB"):
        make_latents([photos], folder, *load_autoencoder(codec), crop=64, each=10**8)
    sc.write_picture(tmp_path / "black" / "one.png", np.zeros((80, 80, 3), np.float32))
    black = [photos, tmp_path / "black"]
    make_latents(black, folder, *load_autoencoder(codec), crop=64, each=1)
    gains = np.load(folder / "gain.npy")
    assert np.isfinite(gains).all()
    assert (gains == 0).any()
    (folder / "sharp.npy").write_bytes(b"x")
    with pytest.raises(sc.FileError, match="damaged"):
        Latents(folder, seed=0, length=1)[0]


def test_schedules_rise_and_fall(codec):
    network, _ = load_autoencoder(codec)
    for epochs, steps in ((1, 1), (10, 1), (2, 50)):
        config = replace(RUN, epochs=epochs, steps=steps, lr=1e-3)
        stage = SpikeGenStage(replace(SIZE, channels=4), network, config)
        [optimizer], [schedule] = stage.configure_optimizers()
        rates = []
        for _ in range(config.total):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule["scheduler"].step()
        assert rates[0] == pytest.approx(1e-8)
        assert max(rates) <= 1e-3 * (1 + 1e-9)
        if config.total > 2:
            assert max(rates) == pytest.approx(1e-3)
            assert rates[-1] == pytest.approx(1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: MomentConfig(frames=12),
        lambda: MomentConfig(alone=0.7),
        lambda: MomentConfig(variance=0),
        lambda: LossConfig(draws=0),
        lambda: LossConfig(pixels=-1),
    ],
)
def test_settings_that_cannot_be(wrong):
    with pytest.raises(sc.OptionError):
        wrong()
