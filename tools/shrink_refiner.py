"""Make a leaner refiner of a trained one, as a start of training.

    python tools/shrink_refiner.py WEIGHTS DATASET -o OUT.safetensors --width 48 --deep-width 96

What goes through no ReLU is projected on the principal components of its activations; of channels
behind a ReLU those are kept that explain the others best, and the next layer takes over what they
explain (pivoted Cholesky factorisation of the Gram matrix). Blocks are left out at the end of the
finer branch. The result is close to the network that it was made of, and gains it back in training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from cyclopts import App
from torch import Tensor, nn
from torch.utils.data import DataLoader

from spikecam.networks.refiner import Refiner
from spikecam.networks.residual import ResidualBlock
from spikecam.train.datasets.configs import RefinerSampleConfig, SceneConfig, SensorConfig
from spikecam.train.datasets.pairs import find_train_val_pairs_of_all
from spikecam.train.datasets.refiner_samples import RefinerSamples
from spikecam.train.losses.psnr import psnr
from spikecam.weights.store import load_weights, save_weights

Matrix = npt.NDArray[np.float64]

app = App(help=__doc__)


class GramRecorder:
    """Gram matrices (C, C) of the input channels of modules, summed over pixels."""

    def __init__(self, modules: dict[str, nn.Module]) -> None:
        self.grams: dict[str, Matrix] = {}
        self.handles = [
            module.register_forward_pre_hook(self._hook(name)) for name, module in modules.items()
        ]

    def _hook(self, name: str):  # type: ignore[no-untyped-def]
        def record(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            flat = inputs[0].detach().transpose(0, 1).flatten(1).double()
            gram = (flat @ flat.T).numpy()
            self.grams[name] = self.grams.get(name, 0) + gram

        return record

    def close(self) -> None:
        """Stop recording."""
        for handle in self.handles:
            handle.remove()


def principal_components(gram: Matrix, count: int) -> Tensor:
    """Leading principal components (C, count) of activations with a Gram matrix."""
    _, vectors = np.linalg.eigh(gram)
    return torch.from_numpy(vectors[:, ::-1][:, :count].copy()).float()


def select_channels(gram: Matrix, importance: Matrix, count: int) -> tuple[list[int], Tensor]:
    """Channels to keep, and the matrix (C, count) that predicts all channels from them."""
    scale = np.sqrt(importance)
    residual = gram * scale[:, None] * scale
    channels: list[int] = []
    for _ in range(count):
        pivot = int(np.argmax(np.diag(residual)))
        channels.append(pivot)
        column = residual[:, pivot]
        residual = residual - np.outer(column, column) / max(column[pivot], 1e-30)
        residual[pivot] = residual[:, pivot] = 0
    channels.sort()
    ridge = 1e-6 * np.trace(gram) / len(gram) * np.eye(count)
    prediction = np.linalg.solve(gram[np.ix_(channels, channels)] + ridge, gram[channels]).T
    prediction[channels] = np.eye(count)
    return channels, torch.from_numpy(prediction).float()


def mix_inputs(conv: nn.Conv2d, matrix: Tensor, start: int = 0) -> None:
    """Replace the input channels from ``start`` on by combinations of new ones, (C, count)."""
    weight = conv.weight.data
    stop = start + len(matrix)
    mixed = torch.einsum("ocyx,ck->okyx", weight[:, start:stop], matrix)
    conv.weight.data = torch.cat([weight[:, :start], mixed, weight[:, stop:]], dim=1)


def mix_outputs(conv: nn.Conv2d, matrix: Tensor, group: int = 1) -> None:
    """Replace output channels by combinations of them, (C, count), each of ``group`` planes."""
    weight, bias = conv.weight.data, conv.bias.data
    planes = weight.reshape(-1, group, *weight.shape[1:])
    conv.weight.data = torch.einsum("cgiyx,ck->kgiyx", planes, matrix).flatten(0, 1)
    conv.bias.data = torch.einsum("cg,ck->kg", bias.reshape(-1, group), matrix).flatten()


def keep_outputs(conv: nn.Conv2d, channels: Sequence[int]) -> None:
    """Keep some of the output channels."""
    conv.weight.data, conv.bias.data = conv.weight.data[channels], conv.bias.data[channels]


def shrink_block(block: ResidualBlock, gram: Matrix, stream: Tensor) -> None:
    """Project a residual block on the components of its stream, and leave out hidden channels."""
    importance = block.second.weight.data.square().sum((0, 2, 3)).double().numpy()
    channels, prediction = select_channels(gram, importance, stream.shape[1])
    keep_outputs(block.first, channels)
    mix_inputs(block.second, prediction)
    mix_inputs(block.first, stream)
    mix_outputs(block.second, stream)


@torch.inference_mode()
def shrink(network: Refiner, batches: Sequence[dict[str, Tensor]], width: int, deep: int) -> None:
    """Shrink a refiner in place to fewer channels."""
    modules = {name: m for name, m in network.named_modules() if isinstance(m, nn.Conv2d)}
    grams = GramRecorder(modules | {"after": network.after, "predict": network.predict})
    for batch in batches:
        run(network, batch)
    grams.close()
    gram, old = grams.grams, network.config.width
    fine = principal_components(
        sum(gram[name] for name in ("before.0.first", "down", "after.0.first", "predict")), width
    )
    picture = principal_components(gram["join"][old:, old:], width)
    deep_old = network.config.deep_width
    shallow = principal_components(gram["deep_join"][:deep_old, :deep_old], deep)
    deep_picture = principal_components(gram["deep_join"][deep_old:, deep_old:], deep)
    stream = principal_components(gram["deep.0.first"] + gram["up.0"], deep)
    for name, block in network.named_modules():
        if isinstance(block, ResidualBlock):
            room = name.split(".")[0]
            matrix = {"picture": picture, "deep_picture": deep_picture, "deep": stream}
            shrink_block(block, gram[f"{name}.second"], matrix.get(room, fine))
    importance = network.join.weight.data[:, :old].square().sum((0, 2, 3)).double().numpy()
    channels, prediction = select_channels(gram["join"][:old, :old], importance, width)
    keep_outputs(network.moment, channels)
    if network.config.flow_warp:
        keep_outputs(network.warped[2], channels)
        hidden = network.warped[2].weight.data.square().sum((0, 2, 3)).double().numpy()
        channels, hidden_prediction = select_channels(gram["warped.2"], hidden, 2 * width)
        keep_outputs(network.warped[0], channels)
        mix_inputs(network.warped[2], hidden_prediction)
    mix_inputs(network.join, picture, old)
    mix_inputs(network.join, prediction)
    mix_outputs(network.join, fine)
    mix_outputs(network.picture[0], picture)
    mix_inputs(network.deep_picture[0], picture)
    mix_outputs(network.deep_picture[0], deep_picture)
    mix_inputs(network.down, fine)
    mix_outputs(network.down, shallow)
    mix_inputs(network.deep_join, deep_picture, deep_old)
    mix_inputs(network.deep_join, shallow)
    mix_outputs(network.deep_join, stream)
    mix_inputs(network.up[0], stream)
    mix_outputs(network.up[0], fine, 4)
    mix_inputs(network.predict, fine)


def run(network: Refiner, batch: dict[str, Tensor]) -> Tensor:
    """Pictures (B, F, 3, h, w) of a batch of `RefinerSamples`."""
    warped = (batch["levels"], batch["flows"]) if "levels" in batch else None
    pictures: Tensor = network(batch["blur"], batch["exposure"], batch["moments"], warped)
    return pictures


@torch.inference_mode()
def mean_psnr(network: Refiner, batches: Sequence[dict[str, Tensor]]) -> float:
    """Mean PSNR over batches."""
    scores = [psnr(run(network, b).flatten(0, 1), b["sharp"].flatten(0, 1)) for b in batches]
    return float(torch.stack(scores).mean())


@app.default
def main(
    weights: str,
    dataset: Path,
    *,
    out: Path,
    width: int = 48,
    deep_width: int = 96,
    blocks: int = 5,
    samples: int = 48,
) -> None:
    """Shrink a refiner, and say what it costs on samples of a data set.

    Args:
        weights: a refiner, by name or file.
        dataset: of spikecam synth --light.
        out: file of the leaner weights.
        width: channels on the finer grid.
        deep_width: channels on the coarser grid.
        blocks: residual blocks of the moment's branch on the finer grid.
        samples: that activations are measured on.
    """
    network, card = load_weights(weights, "refiner")
    assert isinstance(network, Refiner)
    train, _ = find_train_val_pairs_of_all([dataset], with_light=True)
    data = RefinerSamples(
        train,
        SceneConfig(),
        SensorConfig(),
        RefinerSampleConfig(),
        flow_warp=network.config.flow_warp,
        input_config=network.input_config,
        seed=0,
        length=samples,
    )
    batches = list(DataLoader(data, 8))
    before = mean_psnr(network, batches)
    network.after = network.after[: blocks - 2]
    without_blocks = mean_psnr(network, batches)
    shrink(network, batches, width, deep_width)
    config = replace(network.config, width=width, deep_width=deep_width, blocks=blocks)
    leaner = Refiner(config, network.input_config)
    leaner.load_state_dict(network.state_dict())
    after = mean_psnr(leaner, batches)
    print(f"{before:.2f} dB; {without_blocks:.2f} with {blocks} blocks; {after:.2f} shrunk")
    save_weights(out, leaner, replace(card, name=out.stem, summary=f"{card.name}, made leaner"))


if __name__ == "__main__":
    app()
