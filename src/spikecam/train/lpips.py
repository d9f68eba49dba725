"""LPIPS with VGG-16 (Zhang et al., CVPR 2018), for weights that the user has; none ship."""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import FileError
from spikecam.io.paths import PathLike, existing_file
from spikecam.weights.foreign import read_state

# VGG-16: the channels of its 13 convolutions, whose outputs are compared after each group.
_GROUPS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
# Mean and spread of the pictures that it was trained on, for pictures in [-1, 1].
_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
# Names of the package ``lpips`` and of torchvision: a convolution's place in VGG-16, or a layer.
_CONVOLUTION = re.compile(r"(?:net\.slice\d|features)\.(\d+)\.(weight|bias)")
_LAYER = re.compile(r"lin(\d)\.model\.\d\.weight")


class LPIPS(nn.Module):
    """Distance of two pictures by the features of a network that knows what pictures show.

        d = sum over groups l of mean over pixels of sum over channels c of
            w_lc (f_lc / |f_l| - f'_lc / |f'_l|)^2

    with f the features of VGG-16 after its five groups of convolutions, and w as trained on what
    people see (Eq. 1 there). Computed in float32, whatever is computed around it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.groups = nn.ModuleList()
        before = 3
        for channels in _GROUPS:
            group = nn.Sequential() if before == 3 else nn.Sequential(nn.MaxPool2d(2))
            for after in channels:
                group.append(nn.Conv2d(before, after, 3, padding=1))
                group.append(nn.ReLU())
                before = after
            self.groups.append(group)
        self.weights = nn.ParameterList(torch.zeros(1, c[-1], 1, 1) for c in _GROUPS)

    @classmethod
    def open(cls, *files: PathLike) -> LPIPS:
        """LPIPS with the weights in files, which are read as data.

        Args:
            files: that together hold VGG-16 and the layers of LPIPS: a checkpoint of
                ``lpips.LPIPS(net="vgg")``, or its parts; .safetensors or .pth.

        Raises:
            FileError: a file cannot be read, or something is missing or of another shape.
        """
        held: dict[str, Tensor] = {}
        for file in files:
            held |= read_state(existing_file(file))
        network = cls()
        names = ", ".join(map(str, files))
        convolutions = [one for one in network.modules() if isinstance(one, nn.Conv2d)]
        found: dict[str, Tensor] = {}
        for name, values in held.items():
            if match := _CONVOLUTION.fullmatch(name):
                found[f"{match[1]} {match[2]}"] = values
            elif match := _LAYER.fullmatch(name):
                found[f"layer {match[1]}"] = values
        wanted: dict[str, Tensor] = {}
        for place, convolution in zip(_places(), convolutions, strict=True):
            assert convolution.bias is not None
            wanted |= {f"{place} weight": convolution.weight, f"{place} bias": convolution.bias}
        wanted |= {f"layer {i}": weight for i, weight in enumerate(network.weights)}
        for name, parameter in wanted.items():
            if name not in found or found[name].shape != parameter.shape:
                raise FileError(
                    f"{names}: no weights of LPIPS (VGG); expected a checkpoint of "
                    'lpips.LPIPS(net="vgg"), saved with torch.save or as .safetensors'
                )
            parameter.data = found[name].float()
        return network.eval().requires_grad_(False)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Distances (N,) of pictures (N, 3, h, w) in [0, 1], of at least 16 x 16 pixels."""
        with torch.autocast(one.device.type, enabled=False):
            pair = 2 * torch.cat([one, other]).float() - 1
            shift, scale = (pair.new_tensor(values)[:, None, None] for values in (_SHIFT, _SCALE))
            features = (pair - shift) / scale
            apart = []
            for group, weight in zip(self.groups, self.weights, strict=True):
                features = group(features)
                # Where no channel responds, the square root would have no slope.
                length = (features.square().sum(1, keepdim=True) + 1e-20).sqrt()
                ours, theirs = (features / length).chunk(2)
                apart.append(functional.conv2d((ours - theirs).square(), weight).mean((1, 2, 3)))
            return torch.stack(apart).sum(0)


def _places() -> list[int]:
    """Where the convolutions are in VGG-16: each with its ReLU, groups with a pooling between."""
    places, place = [], 0
    for channels in _GROUPS:
        for _ in channels:
            places.append(place)
            place += 2
        place += 1
    return places
