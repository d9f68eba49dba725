"""LPIPS with VGG-16 (Zhang et al., CVPR 2018), for weights that the user has; none ship.

Written out here, because no library takes weights from a file: torchmetrics and pyiqa build VGG-16
through torchvision and download it when they are first used, and the function of torchmetrics
builds it again at every step. A training run must not depend on a download, nor scores where there
is no network.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import FileError
from spikecam.io.paths import PathLike, check_existing_file
from spikecam.weights.checkpoints import read_state_dict

# Channels of the 13 convolutions of VGG-16, whose outputs are compared after each group.
_GROUP_CHANNELS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
# Mean and standard deviation of the pictures that it was trained on, for pictures in [-1, 1].
_MEAN = (-0.030, -0.088, -0.188)
_DEVIATION = (0.458, 0.448, 0.450)
# Names in the package ``lpips`` and in torchvision: of a convolution by its index, and of a layer.
_CONVOLUTION = re.compile(r"(?:net\.slice\d|features)\.(\d+)\.(weight|bias)")
_LAYER = re.compile(r"lin(\d)\.model\.\d\.weight")


class LPIPS(nn.Module):
    """LPIPS: distance of two pictures by the features of VGG-16.

        d = sum over groups l of mean over pixels of sum over channels c of
            w_lc (f_lc / |f_l| - f'_lc / |f'_l|)^2

    with f the features of VGG-16 after its five groups of convolutions, and w as trained on what
    people see (Eq. 1 there). Computed in float32, whatever is computed around it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.groups = nn.ModuleList()
        in_channels = 3
        for channels in _GROUP_CHANNELS:
            group = nn.Sequential() if in_channels == 3 else nn.Sequential(nn.MaxPool2d(2))
            for out_channels in channels:
                group.append(nn.Conv2d(in_channels, out_channels, 3, padding=1))
                group.append(nn.ReLU())
                in_channels = out_channels
            self.groups.append(group)
        self.weights = nn.ParameterList(torch.zeros(1, c[-1], 1, 1) for c in _GROUP_CHANNELS)

    @classmethod
    def from_files(cls, *files: PathLike) -> LPIPS:
        """Load LPIPS with the weights in files, which are read as data.

        Args:
            files: that together hold VGG-16 and the layers of LPIPS: a checkpoint of
                ``lpips.LPIPS(net="vgg")``; or torchvision's VGG-16 and the file ``vgg.pth`` of the
                package lpips; .safetensors or .pth.

        Raises:
            FileError: a file cannot be read, or something is missing or of another shape.
        """
        state: dict[str, Tensor] = {}
        for file in files:
            state |= read_state_dict(check_existing_file(file))
        network = cls()
        names = ", ".join(map(str, files))
        convolutions = [one for one in network.modules() if isinstance(one, nn.Conv2d)]
        known: dict[str, Tensor] = {}
        for name, values in state.items():
            if match := _CONVOLUTION.fullmatch(name):
                known[f"{match[1]} {match[2]}"] = values
            elif match := _LAYER.fullmatch(name):
                known[f"layer {match[1]}"] = values
        parameters: dict[str, Tensor] = {}
        for index, convolution in zip(_convolution_indices(), convolutions, strict=True):
            assert convolution.bias is not None
            parameters |= {f"{index} weight": convolution.weight, f"{index} bias": convolution.bias}
        parameters |= {f"layer {i}": weight for i, weight in enumerate(network.weights)}
        for name, parameter in parameters.items():
            if name not in known or known[name].shape != parameter.shape:
                raise FileError(
                    f"{names}: no weights of LPIPS (VGG); expected a checkpoint of "
                    'lpips.LPIPS(net="vgg"), saved with torch.save or as .safetensors, or VGG-16 '
                    "of torchvision and vgg.pth of the package lpips"
                )
            parameter.data = known[name].float()
        return network.eval().requires_grad_(False)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """LPIPS distances (N,) of pictures (N, 3, h, w) in [0, 1].

        Pictures have at least 16 x 16 pixels.
        """
        with torch.autocast(one.device.type, enabled=False):
            pair = 2 * torch.cat([one, other]).float() - 1
            mean, deviation = (
                pair.new_tensor(values)[:, None, None] for values in (_MEAN, _DEVIATION)
            )
            features = (pair - mean) / deviation
            distances = []
            for group, weight in zip(self.groups, self.weights, strict=True):
                features = group(features)
                # Where no channel responds, the square root would have no slope.
                length = (features.square().sum(1, keepdim=True) + 1e-20).sqrt()
                first, second = (features / length).chunk(2)
                squares = (first - second).square()
                distances.append(functional.conv2d(squares, weight).mean((1, 2, 3)))
            return torch.stack(distances).sum(0)


def _convolution_indices() -> list[int]:
    """Indices of the convolutions among the layers of VGG-16."""
    indices, index = [], 0
    for channels in _GROUP_CHANNELS:
        for _ in channels:
            indices.append(index)
            index += 2
        index += 1
    return indices
