from dataclasses import replace

import pytest
import torch

import spikecam as sc
from spikecam.generation.autoencoders import load_autoencoder_and_fingerprint
from spikecam.networks.configs.autoencoder import AutoencoderConfig
from spikecam.networks.configs.spikegen import SpikeGenConfig
from spikecam.networks.diffusion import q_sample_and_velocity
from spikecam.train.datasets.configs import SceneConfig, SpikeGenSampleConfig
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import RunReport, TrainingJob
from spikecam.train.recipes.autoencoder import AutoencoderOptions, train_autoencoder
from spikecam.train.recipes.spikegen import (
    SpikeGenLossConfig,
    SpikeGenOptions,
    SpikeGenStage,
    pretrain_spikegen,
)
from spikecam.train.recipes.spikegen_tuned import SpikeGenTunedOptions, finetune_spikegen

RUN = RunConfig(epochs=2, steps=1, batch=2, lr=1e-3, device="cpu", workers=0)
SIZE = SpikeGenConfig(
    width=16,
    depth=1,
    decoder_depth=1,
    heads=2,
    spike_channels=(2, 3, 8),
    head_width=12,
    detail_width=4,
)
SAMPLES = SpikeGenSampleConfig(frames=8)
SCENES = SceneConfig(crop=64)


def pretrain(job, codec, **options):
    options = SpikeGenOptions(autoencoder=str(codec), run=RUN, network=SIZE, **options)
    return pretrain_spikegen(job, options).path


def test_latents_of_another_autoencoder_are_refused(cache, smooth_photos, tmp_path):
    network = AutoencoderConfig(channels=4, width=8, deep_width=8, blocks=0, deep_blocks=0)
    options = AutoencoderOptions(crop=64, run=replace(RUN, seed=1), network=network)
    other = train_autoencoder(TrainingJob([smooth_photos], tmp_path / "other"), options).path
    with pytest.raises(sc.FileError, match="another autoencoder"):
        pretrain(TrainingJob([cache], tmp_path / "run"), other)
    with pytest.raises(sc.FileError, match="spikecam train latents"):
        pretrain(TrainingJob([smooth_photos], tmp_path / "run"), other)


def test_pretraining_that_was_stopped_ends_at_the_same_weights(
    cache, codec, stopped_after_an_epoch, equal, tmp_path
):
    def train(folder, **options):
        return pretrain(TrainingJob([cache], tmp_path / folder, RunReport(**options)), codec)

    straight = train("straight")
    with pytest.raises(KeyboardInterrupt):
        train("stopped", check_stop=stopped_after_an_epoch())
    assert torch.load(tmp_path / "stopped" / "last.ckpt", weights_only=True)["epoch"] == 0
    assert equal(train("stopped"), straight)


def test_tuning_begins_with_what_was_pretrained_and_resumes(
    tiny_set, smooth_photos, cache, codec, stopped_after_an_epoch, equal, tmp_path
):
    begun = pretrain(TrainingJob([cache], tmp_path / "begun"), codec)

    def tune(folder, network=None, **options):
        tuning = SpikeGenTunedOptions(
            pictures=(str(smooth_photos),),
            autoencoder=str(codec),
            weights=str(begun),
            samples=replace(SAMPLES, dense_prob=0.5),
            scenes=SCENES,
            loss=SpikeGenLossConfig(pixel_weight=1.0, alignment_weight=0.1),
            run=RUN,
            network=network,
        )
        job = TrainingJob([tiny_set], tmp_path / folder, RunReport(**options))
        return finetune_spikegen(job, tuning).path

    straight = tune("straight")
    with pytest.raises(KeyboardInterrupt):
        tune("stopped", check_stop=stopped_after_an_epoch())
    assert equal(tune("stopped"), straight)
    network, _ = sc.load_weights(straight, "spikegen")
    assert (network.config.frames, network.config.training_tokens) == (8, 8)
    assert not equal(straight, begun)
    with pytest.raises(sc.OptionError, match="another size"):
        tune("larger", network=replace(SIZE, width=32))


def test_the_loss_is_of_means_and_velocities_where_nothing_else_is_asked_for(codec):
    network, _ = load_autoencoder_and_fingerprint(codec)
    stage = SpikeGenStage(replace(SIZE, channels=4), network, SpikeGenLossConfig(noise_draws=3))
    lots = torch.Generator().manual_seed(0)
    batch = {
        "picture": torch.rand(2, 3, 64, 64, generator=lots),
        "sharp": torch.rand(2, 3, 64, 64, generator=lots),
        "spikes": (torch.rand(2, 8, 64, 64, generator=lots) < 0.3).to(torch.uint8),
        "gain": torch.ones(2),
        "mix": torch.tensor([0.3, 1.0]),
    }
    loss = stage.loss(batch, torch.Generator().manual_seed(0))
    # Untrained, all is told to be zero: what is left is the truth itself.
    latents, target = network.encode(batch["picture"]), network.encode(batch["sharp"])
    shares = torch.tensor([1.0, 0.0])[:, None, None, None]
    added = (2 * (target - shares * latents)).movedim(1, -1).flatten(0, 2)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(3, 128, 4, generator=generator)
    times = torch.randint(0, 1001, (3, 128), generator=generator)
    _, velocity = q_sample_and_velocity(added.repeat(3, 1), noise.flatten(0, 1), times.flatten())
    error = (added.square().reshape(2, -1).mean(1) + 1e-5).sqrt().mean()
    expected = error + added.abs().mean() + velocity.square().mean()
    torch.testing.assert_close(loss, expected)
    assert torch.equal(stage.loss(batch, generator.manual_seed(0)), loss)
    with_pixels = SpikeGenStage(
        replace(SIZE, channels=4), network, SpikeGenLossConfig(noise_draws=3, pixel_weight=2.0)
    )
    with_pixels.network.load_state_dict(stage.network.state_dict())
    # Half of what the autoencoder loses of the picture is kept, untrained.
    kept = network.decode(shares * latents) + 0.5 * shares * (
        batch["picture"] - network.decode(latents)
    )
    error = (kept - batch["sharp"]).square().mean((1, 2, 3)).sqrt().mean()
    assert (with_pixels.loss(batch, generator.manual_seed(0)) - loss).item() == pytest.approx(
        2 * error.item(), rel=1e-3
    )


def test_dense_reconstruction_alone_says_what_it_was_trained_on(smooth_photos, codec, tmp_path):
    options = SpikeGenTunedOptions(
        pictures=(str(smooth_photos),),
        autoencoder=str(codec),
        samples=SAMPLES,
        scenes=SCENES,
        loss=SpikeGenLossConfig(),
        run=RUN,
        network=SIZE,
    )
    made = finetune_spikegen(TrainingJob([], tmp_path / "run"), options).path
    _, card = sc.load_weights(made)
    assert card.data == "photos: 11 pictures"


def test_schedules_rise_and_fall(codec):
    network, _ = load_autoencoder_and_fingerprint(codec)
    for epochs, steps in ((1, 1), (10, 1), (2, 50)):
        config = replace(RUN, epochs=epochs, steps=steps, lr=1e-3)
        stage = SpikeGenStage(replace(SIZE, channels=4), network)
        optimizer, schedule = stage.optimization(config)
        rates = []
        for _ in range(config.total_steps):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        assert rates[0] == pytest.approx(1e-8)
        assert max(rates) <= 1e-3 * (1 + 1e-9)
        if config.total_steps > 2:
            assert max(rates) == pytest.approx(1e-3)
            assert rates[-1] == pytest.approx(1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: SpikeGenSampleConfig(frames=12),
        lambda: SpikeGenSampleConfig(single_source_prob=0.7),
        lambda: SpikeGenSampleConfig(mix_variance=0),
        lambda: SpikeGenLossConfig(noise_draws=0),
        lambda: SpikeGenLossConfig(pixel_weight=-1),
    ],
)
def test_settings_that_cannot_be(wrong):
    with pytest.raises(sc.OptionError):
        wrong()
