"""The losses are the paper's equations."""

import pytest
import torch
from torch import nn
from torch.nn import functional

import spikecam as sc
from spikecam.networks.configs.bsn import BSNConfig
from spikecam.networks.configs.edsr import EDSRConfig
from spikecam.networks.configs.ldn import LDNConfig
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.networks.teacher import Teacher, as_gray
from spikecam.train import bsn, ldn, sr
from spikecam.train.bsn import BSNStage
from spikecam.train.config import RunConfig
from spikecam.train.ldn import DistilConfig, LDNStage
from spikecam.train.perceptual import Pyramid
from spikecam.train.refined import RefinedStage
from spikecam.train.sr import SRStage
from spikecam.train.stage import cosine, psnr, side_by_side

RUN = RunConfig(epochs=4, steps=3)


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
    stage = BSNStage(BSNConfig(width=8), RUN)
    total = 0.0
    for i in range(2):
        red, green, blue = one["blur"][i].mean((1, 2))
        gain = (0.30 * red + 0.59 * green + 0.11 * blue) / one["long"][i].mean()
        noisy = (one["spikes"][i, 0].float().mean(0) * gain)[None, None]
        total += float((stage.network(noisy) - noisy).square().mean().detach()) / 2
    assert float(stage.loss(one).detach()) == pytest.approx(total, rel=1e-4)


def test_sr_is_compared_to_the_blurry_picture(batch):
    stage = SRStage(EDSRConfig(channels=4, blocks=1), RUN)
    weights = torch.tensor([0.30, 0.59, 0.11])[:, None, None]
    target = (batch["blur"] * weights).sum(1, keepdim=True)
    gain = target.mean((1, 2, 3)) / batch["long"].mean((1, 2, 3))
    fine = stage.network(batch["long"] * gain[:, None, None, None])
    expected = (fine - target).square().mean()
    assert torch.allclose(stage.loss(batch), expected)
    assert torch.allclose(as_gray(batch["blur"]), target)
    with pytest.raises(sc.OptionError, match="twice"):
        SRStage(EDSRConfig(doublings=1), RUN)


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
    stage = LDNStage(network, teacher, Apart(), RUN, DistilConfig(reblur=7.0, short=5))
    with torch.no_grad():
        sharp = [
            stage.network(batch["blur"], batch["spikes"][:, m].float()).clamp(0, 1)
            for m in range(3)
        ]
    taught = 0.3 * batch["blur"]
    expected = sum((one - taught).abs().mean() for one in sharp)
    expected += 7 * (sum(sharp) / 3 - batch["blur"]).square().mean()
    assert torch.allclose(stage.loss(batch), expected)
    # The five frames in the middle of eleven.
    assert torch.allclose(teacher.asked, batch["spikes"][:, :, 3:8].float().mean(2))
    stage.loss(batch).backward()
    assert teacher.weight.grad is None
    assert all(name.startswith("network.") for name in stage.state_dict())
    with pytest.raises(sc.OptionError, match="choose fewer"):
        LDNStage(network, teacher, Apart(), RUN, DistilConfig(short=13))


def test_clipped_pictures_are_compared(batch):
    stage = LDNStage(LDNConfig(window=11), Fixed(), Apart(), RUN)
    with torch.no_grad():
        stage.network.predict.bias.fill_(9.0)
        assert float(stage.sharp(batch).max()) == 1


def test_refined_is_compared_to_the_truth():
    stage = RefinedStage(RefinerConfig(width=8, deep_width=8, trails=False), RUN)
    batch = {
        "blur": torch.full((2, 3, 64, 64), 0.5),
        "exposure": torch.zeros(2, 19, 16, 16),
        "moments": torch.zeros(2, 2, 19, 16, 16),
        "sharp": torch.full((2, 2, 3, 64, 64), 0.6),
    }
    # Untrained it gives SDM's picture, here the blurry one.
    assert float(stage.loss(batch).detach()) == pytest.approx((0.1**2 + 1e-5) ** 0.5, rel=1e-4)
    measures, pictures = stage.judged(batch)
    assert float(measures["psnr"].detach()) == pytest.approx(20, rel=1e-3)
    assert side_by_side(pictures).shape == (3, 128, 192)


def test_measures_know_the_truth(batch):
    one = {**batch, "spikes": batch["spikes"][:, :1, :9]}
    measures, pictures = BSNStage(BSNConfig(width=8), RUN).judged(one)
    assert measures.keys() == {"loss", "psnr", "psnr_before"}
    assert side_by_side(pictures).shape == (3, 16, 24)
    measures, pictures = SRStage(EDSRConfig(channels=4, blocks=1), RUN).judged(one)
    assert measures.keys() == {"loss", "psnr"}
    assert side_by_side(pictures).shape == (3, 64, 96)
    teacher = Teacher(nn.Identity(), nn.Upsample(scale_factor=4))
    student = LDNStage(LDNConfig(window=11), teacher, Pyramid(), RUN)
    measures, pictures = student.judged(batch)
    assert measures.keys() == {"loss", "psnr", "psnr_teacher"}
    assert len(pictures) == 4
    del batch["sharp"], batch["clean"]
    assert student.judged(batch)[0].keys() == {"loss"}
    expected = -10 * (pictures[2] - pictures[3]).square().mean((1, 2, 3)).log10().mean()
    assert float(measures["psnr"].detach()) == pytest.approx(float(expected.detach()), rel=1e-4)


def test_a_picture_below_black_is_drawn_up(batch):
    stage = LDNStage(LDNConfig(window=11), Fixed(), Pyramid(), RUN, DistilConfig(reblur=0))
    bias = stage.network.predict.bias
    with torch.no_grad():
        bias.fill_(-5)
    assert (stage.sharp(batch).abs() < 1e-5).all()
    stage.loss(batch).backward()
    assert (bias.grad < 0).all()


def test_psnr_counts_what_is_outside_as_clipped():
    assert float(psnr(torch.full((1, 1, 2, 2), 1.5), torch.ones(1, 1, 2, 2))) == pytest.approx(100)
    half = functional.pad(torch.zeros(1, 1, 2, 2), (0, 2))
    assert float(psnr(half, half + 0.1)) == pytest.approx(20, rel=1e-4)


def test_the_rate_falls_once_an_epoch():
    stage = BSNStage(BSNConfig(width=8), RunConfig(epochs=4, steps=3, lr=0.5))
    (optimizer,), (schedule,) = stage.configure_optimizers()
    rates = []
    for _ in range(12):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule["scheduler"].step()
    assert rates == [pytest.approx(0.5 * cosine(step // 3, 4)) for step in range(12)]
    # The same as PyTorch's, stepped at the end of each epoch.
    plain = torch.optim.Adam(stage.parameters(), lr=0.5)
    annealing = torch.optim.lr_scheduler.CosineAnnealingLR(plain, 4)
    for epoch in range(4):
        assert plain.param_groups[0]["lr"] == pytest.approx(rates[3 * epoch])
        plain.step()
        annealing.step()


def test_settings_are_as_published():
    assert (bsn.RUN.epochs, bsn.RUN.batch, bsn.RUN.lr, bsn.CROPS.window) == (1000, 8, 3e-4, 9)
    assert (sr.RUN.epochs, sr.RUN.batch, sr.RUN.lr) == (70, 8, 3e-4)
    assert (ldn.RUN.epochs, ldn.RUN.batch, ldn.RUN.lr) == (100, 4, 1e-3)
    assert (ldn.CROPS.moments, ldn.CROPS.window, DistilConfig().reblur) == (5, 21, 100)
    assert bsn.CROPS.crop == sr.CROPS.crop == ldn.CROPS.crop == 128


def test_an_epoch_shows_each_pair_once():
    run = RunConfig(epochs=2, batch=4, devices=2)
    assert run.for_pairs(20).epoch_steps == 3
    assert RunConfig(epochs=2, steps=7).for_pairs(20).epoch_steps == 7
    with pytest.raises(sc.OptionError, match="for_pairs"):
        _ = run.epoch_steps


def test_devices_may_change_if_a_step_sees_as_many_samples():
    one, other = RunConfig(epochs=2, batch=4), RunConfig(epochs=2, batch=2, devices=2, workers=0)
    assert one.settings() == other.settings() != RunConfig(epochs=2, batch=4, devices=2).settings()


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epochs": 1, "steps": 0},
        {"epochs": 1, "lr": 0.0},
        {"epochs": 1, "workers": -1},
        {"epochs": 1, "precision": "8"},
        {"epochs": 1, "accelerator": "tpu"},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(sc.OptionError):
        RunConfig(**wrong)
