from itertools import pairwise

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

import spikecam as sc
from spikecam.metrics.lpips_network import LPIPS
from spikecam.train.losses.perceptual import LaplacianDistance, make_perceptual_distance

VGG = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
CHANNELS = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)


@pytest.fixture(scope="module")
def photo():
    """Smooth colours with edges, (1, 3, 64, 64)."""
    torch.manual_seed(0)
    coarse = torch.rand(1, 3, 8, 8)
    smooth = functional.interpolate(coarse, size=(64, 64), mode="bicubic")
    return (smooth + 0.3 * (smooth > 0.5)).clamp(0, 1)


def noisy(photo, strength):
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(1))
    return (photo + strength * noise).clamp(0, 1)


def blurred(photo, size):
    edges = functional.pad(photo, [size // 2] * 4, mode="reflect")
    return functional.avg_pool2d(edges, size, 1)


@pytest.fixture(scope="module")
def lpips_state():
    """Made-up weights by the names of the package lpips."""
    torch.manual_seed(0)
    state = {}
    for place, (before, after) in zip(VGG, pairwise(CHANNELS), strict=True):
        group = 1 + sum(place >= start for start in (5, 10, 17, 24))
        scale = (2 / (9 * before)) ** 0.5
        state[f"net.slice{group}.{place}.weight"] = scale * torch.randn(after, before, 3, 3)
        state[f"net.slice{group}.{place}.bias"] = torch.zeros(after)
    for i, channels in enumerate((64, 128, 256, 512, 512)):
        state[f"lin{i}.model.1.weight"] = torch.rand(1, channels, 1, 1)
    return state


@pytest.fixture(scope="module")
def lpips_file(lpips_state, tmp_path_factory):
    path = tmp_path_factory.mktemp("lpips") / "lpips.safetensors"
    save_file(lpips_state, path)
    return path


@pytest.fixture(params=["pyramid", "lpips"])
def distance(request):
    if request.param == "pyramid":
        return LaplacianDistance()
    return LPIPS.from_files(request.getfixturevalue("lpips_file"))


def test_the_worse_a_picture_the_further_it_is(distance, photo):
    def apart(other):
        return float(distance(photo, other))

    assert apart(photo) == 0
    assert 0 < apart(noisy(photo, 0.03)) < apart(noisy(photo, 0.1))
    assert 0 < apart(blurred(photo, 3)) < apart(blurred(photo, 7))
    assert 0 < apart(photo.roll(1, dims=3)) < apart(photo.roll(4, dims=3))


def test_each_pair_has_its_own_distance(distance, photo):
    pair = torch.cat([noisy(photo, 0.1), photo])
    both = distance(pair, photo.expand(2, -1, -1, -1))
    assert both.shape == (2,)
    assert both[0] == pytest.approx(float(distance(photo, noisy(photo, 0.1))), rel=1e-4)
    assert both[1] == 0


def test_it_has_a_slope_everywhere(distance, photo):
    flat = torch.zeros_like(photo).requires_grad_()
    distance(flat, photo).sum().backward()
    assert flat.grad.isfinite().all()
    assert flat.grad.abs().sum() > 0
    equal = photo.clone().requires_grad_()
    distance(equal, photo).sum().backward()
    assert equal.grad.isfinite().all()


def test_it_is_computed_in_full_precision(distance, photo):
    plain = distance(photo, noisy(photo, 0.02))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(distance(photo, noisy(photo, 0.02)), plain)


def test_the_stand_in_takes_small_pictures():
    assert LaplacianDistance()(torch.zeros(1, 3, 2, 9), torch.ones(1, 3, 2, 9)) > 0


def test_lpips_is_used_where_there_is_a_file(lpips_state, lpips_file, photo, tmp_path):
    one = make_perceptual_distance([lpips_file])
    # In two parts, as torchvision and the package lpips have them.
    features = {k.split(".", 1)[1].replace("slice", "s"): v for k, v in lpips_state.items()}
    features = {f"features.{k.split('.', 1)[1]}": v for k, v in features.items() if k[0] == "s"}
    layers = {k: v for k, v in lpips_state.items() if k.startswith("lin")}
    torch.save(features, tmp_path / "vgg.pth")
    torch.save(layers, tmp_path / "lin.pth")
    other = make_perceptual_distance([tmp_path / "vgg.pth", tmp_path / "lin.pth"])
    assert torch.equal(one(photo, noisy(photo, 0.1)), other(photo, noisy(photo, 0.1)))
    for part in ("vgg.pth", "lin.pth"):
        with pytest.raises(sc.FileError, match="no weights of LPIPS"):
            LPIPS.from_files(tmp_path / part)


def test_without_a_file_it_needs_no_weights():
    assert isinstance(make_perceptual_distance(), LaplacianDistance)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "text.pth").write_text("text")
    (tmp_path / "text.safetensors").write_text("text")
    torch.save([1], tmp_path / "list.pth")
    for name, expected in (
        ("text.pth", "damaged"),
        ("text.safetensors", "damaged"),
        ("list.pth", "no sets of weights"),
        ("none.pth", "does not exist"),
    ):
        with pytest.raises(sc.FileError, match=expected):
            make_perceptual_distance([tmp_path / name])
