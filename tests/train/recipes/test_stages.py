"""The losses of the recipes are the papers' equations."""

import pytest
import torch
from torch import nn

import spikecam as sc
from spikecam.networks.configs.bsn import BSNConfig
from spikecam.networks.configs.edsr import EDSRConfig
from spikecam.networks.configs.ldn import LDNConfig
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.teacher import Teacher, as_gray
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.module import picture_grid
from spikecam.train.losses.perceptual import LaplacianDistance
from spikecam.train.recipes.bsn import BSNOptions, BSNStage
from spikecam.train.recipes.edsr import EDSROptions, EDSRStage
from spikecam.train.recipes.ldn import DistillationConfig, LDNOptions, LDNStage
from spikecam.train.recipes.refined import RefinedStage

# These losses draw no random numbers.
NO_RANDOMNESS = None


@pytest.fixture
def batch():
    """Two samples of 8x8 pixels of the spikes, with 3 moments of 11 frames."""
    torch.manual_seed(0)
    return {
        "blur": torch.rand(2, 3, 32, 32),
        "long": torch.rand(2, 1, 8, 8),
        "spikes": (torch.rand(2, 3, 11, 8, 8) < 0.4).to(torch.uint8),
        "sharp": torch.rand(2, 3, 32, 32),
        "clean": torch.rand(2, 1, 8, 8),
    }


def test_bsn_is_compared_to_its_own_input(batch):
    one = {**batch, "spikes": batch["spikes"][:, :1, :9]}
    stage = BSNStage(BSNConfig(width=8))
    total = 0.0
    for i in range(2):
        red, green, blue = one["blur"][i].mean((1, 2))
        gain = (0.30 * red + 0.59 * green + 0.11 * blue) / one["long"][i].mean()
        noisy = (one["spikes"][i, 0].float().mean(0) * gain)[None, None]
        total += float((stage.network(noisy) - noisy).square().mean().detach()) / 2
    assert float(stage.loss(one, NO_RANDOMNESS).detach()) == pytest.approx(total, rel=1e-4)


def test_sr_is_compared_to_the_blurry_picture(batch):
    stage = EDSRStage(EDSRConfig(channels=4, blocks=1))
    weights = torch.tensor([0.30, 0.59, 0.11])[:, None, None]
    target = (batch["blur"] * weights).sum(1, keepdim=True)
    gain = target.mean((1, 2, 3)) / batch["long"].mean((1, 2, 3))
    fine = stage.network(batch["long"] * gain[:, None, None, None])
    expected = (fine - target).square().mean()
    assert torch.allclose(stage.loss(batch, NO_RANDOMNESS), expected)
    assert torch.allclose(as_gray(batch["blur"]), target)
    with pytest.raises(sc.OptionError, match="2 doublings"):
        EDSRStage(EDSRConfig(doublings=1))


class Apart(nn.Module):
    def forward(self, one, other):
        return (one - other).abs().mean((1, 2, 3))


class Fixed(nn.Module):
    """A teacher with a weight, that remembers what it was asked."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.3))

    def forward(self, blur, short, long):
        self.asked = short
        return self.weight * blur[:, None].expand(-1, short.shape[1], -1, -1, -1)


def test_ldn_follows_its_teacher_and_the_blurry_picture(batch):
    teacher, network = Fixed(), LDNConfig(window=11, width=4, reduction=4, blocks=1)
    stage = LDNStage(
        network, teacher, Apart(), DistillationConfig(reblur_weight=7.0, teacher_window=5)
    )
    with torch.no_grad():
        sharp = [
            stage.network(batch["blur"], batch["spikes"][:, m].float()).clamp(0, 1)
            for m in range(3)
        ]
    taught = 0.3 * batch["blur"]
    expected = sum((one - taught).abs().mean() for one in sharp)
    expected += 7 * (sum(sharp) / 3 - batch["blur"]).square().mean()
    assert torch.allclose(stage.loss(batch, NO_RANDOMNESS), expected)
    # The five frames in the middle of eleven.
    assert torch.allclose(teacher.asked, batch["spikes"][:, :, 3:8].float().mean(2))
    stage.loss(batch, NO_RANDOMNESS).backward()
    assert teacher.weight.grad is None
    assert all(one not in stage.network.modules() for one in stage.frozen_modules)
    with pytest.raises(sc.OptionError, match="choose fewer"):
        LDNStage(network, teacher, Apart(), DistillationConfig(teacher_window=13))


def test_pixels_of_a_refiner_teach_without_another_teacher(batch):
    network = LDNConfig(window=11, width=4, reduction=4, blocks=1)
    config = DistillationConfig(reblur_weight=0, teacher_weight=0, pixel_weight=2.0)
    stage = LDNStage(network, None, Apart(), config)
    batch["teacher"] = torch.rand(2, 3, *batch["blur"].shape[1:])
    student = stage.student_pictures(batch).detach()
    expected = 2 * (student - batch["teacher"]).abs().mean()
    assert torch.allclose(stage.loss(batch, NO_RANDOMNESS).detach(), expected)


def test_ldn_is_trained_by_the_published_optimiser_or_muon():
    network = LDNConfig(window=11, width=4, reduction=4, blocks=1)
    names = [
        type(LDNStage(network, None, Apart(), muon=muon).optimization(RunConfig(1, steps=2))[0])
        for muon in (False, True)
    ]
    assert [name.__name__ for name in names] == ["Adam", "Muon"]


def test_clipped_pictures_are_compared(batch):
    stage = LDNStage(LDNConfig(window=11), Fixed(), Apart())
    with torch.no_grad():
        stage.network.predict.bias.fill_(9.0)
        assert float(stage.student_pictures(batch).max()) == 1


def test_refined_is_compared_to_the_truth():
    stage = RefinedStage(RefinerConfig(width=8, deep_width=8, flow_warp=False))
    batch = {
        "blur": torch.full((2, 3, 64, 64), 0.5),
        "exposure": torch.zeros(2, 19, 16, 16),
        "moments": torch.zeros(2, 2, 24, 16, 16),
        "sharp": torch.full((2, 2, 3, 64, 64), 0.6),
    }
    # Untrained it gives SDM's picture, here the blurry one.
    assert float(stage.loss(batch, NO_RANDOMNESS).detach()) == pytest.approx(
        (0.1**2 + 1e-5) ** 0.5, rel=1e-4
    )
    measures, pictures = stage.evaluate(batch)
    assert float(measures["psnr"].detach()) == pytest.approx(20, rel=1e-3)
    assert picture_grid(pictures).shape == (3, 128, 192)


def test_measures_know_the_truth(batch):
    one = {**batch, "spikes": batch["spikes"][:, :1, :9]}
    measures, pictures = BSNStage(BSNConfig(width=8)).evaluate(one)
    assert measures.keys() == {"loss", "psnr", "psnr_before"}
    assert picture_grid(pictures).shape == (3, 16, 24)
    measures, pictures = EDSRStage(EDSRConfig(channels=4, blocks=1)).evaluate(one)
    assert measures.keys() == {"loss", "psnr"}
    assert picture_grid(pictures).shape == (3, 64, 96)
    teacher = Teacher(nn.Identity(), nn.Upsample(scale_factor=4))
    student = LDNStage(LDNConfig(window=11), teacher, LaplacianDistance())
    measures, pictures = student.evaluate(batch)
    assert measures.keys() == {"loss", "psnr", "psnr_teacher"}
    assert len(pictures) == 4
    del batch["sharp"], batch["clean"]
    assert student.evaluate(batch)[0].keys() == {"loss"}
    expected = -10 * (pictures[2] - pictures[3]).square().mean((1, 2, 3)).log10().mean()
    assert float(measures["psnr"].detach()) == pytest.approx(float(expected.detach()), rel=1e-4)


def test_a_picture_below_black_is_drawn_up(batch):
    stage = LDNStage(
        LDNConfig(window=11), Fixed(), LaplacianDistance(), DistillationConfig(reblur_weight=0)
    )
    bias = stage.network.predict.bias
    with torch.no_grad():
        bias.fill_(-5)
    assert (stage.student_pictures(batch).abs() < 1e-5).all()
    stage.loss(batch, NO_RANDOMNESS).backward()
    assert (bias.grad < 0).all()


def test_settings_are_as_published():
    bsn, edsr, ldn = BSNOptions(), EDSROptions(), LDNOptions()
    assert (bsn.run.epochs, bsn.run.batch, bsn.run.lr, bsn.window) == (1000, 8, 3e-4, 9)
    assert (edsr.run.epochs, edsr.run.batch, edsr.run.lr) == (70, 8, 3e-4)
    assert (ldn.run.epochs, ldn.run.batch, ldn.run.lr) == (100, 4, 1e-3)
    crops = ldn.crop_config(ldn.network)
    assert (crops.moments, crops.window, ldn.loss.reblur_weight) == (5, 21, 100)
    assert bsn.crop_config.crop == edsr.crop_config.crop == crops.crop == 128
