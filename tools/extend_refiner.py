"""Give a trained refiner the inputs and corrections that its configuration lacks, as a start.

    python tools/extend_refiner.py WEIGHTS --output OUT [--no-aligned] [--no-gray] [--share-bias X]

Weights of what is new are zero: aligned light changes nothing before it is trained, colour lines
count as far as they fit, and the gray from spikes alone is the base of the ratio at once.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import torch
from cyclopts import App
from safetensors import safe_open

from spikecam.networks.configs.refiner import RefinerConfig, RefinerInputConfig
from spikecam.networks.refiner import GRID_PIXELS, Refiner
from spikecam.weights.card import Card
from spikecam.weights.store import save_weights

app = App(help=__doc__)


@app.default
def extend(
    weights: Path, *, output: Path, aligned: bool = True, gray: bool = True, share_bias: float = 0.0
) -> None:
    """Write the weights of the larger network.

    Args:
        weights: of a refiner, a file.
        output: file to write.
        aligned: give it light aligned along motion.
        gray: give it the gray from spikes alone.
        share_bias: added to the prediction of the share of the gray from spikes alone; 0.5 makes a
            share of 0.12 one of 0.5.
    """
    with safe_open(weights, "pt") as file:
        metadata = file.metadata()
        old = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    # Files written before there were colour lines do not mention them.
    before = {"colour_lines": False, **json.loads(metadata["config"])}
    constants = json.loads(metadata["input"])["constants"]
    input_config = RefinerInputConfig()
    if not aligned:
        input_config = replace(input_config, aligned_windows=0)
    if not gray:
        input_config = replace(input_config, gray_weights="")
    config = RefinerConfig(
        **{**before, "colour_lines": True, "moment_maps": input_config.moment_maps}
    )
    network = Refiner(config, input_config)
    # Corrections of the ratio, of colour lines, and of the gray from spikes alone come first.
    corrections = network.predict.out_channels - 3 * GRID_PIXELS**2
    old_corrections = 1 + before["colour_lines"] + bool(constants.get("gray_weights"))
    state = network.state_dict()
    for name, values in old.items():
        new = torch.zeros_like(state[name])
        if name.startswith("predict."):
            new[:old_corrections] = values[:old_corrections]
            new[corrections:] = values[old_corrections:]
        elif name == "moment.weight":
            new[:, : values.shape[1]] = values
        else:
            new[:] = values
        state[name] = new
    if gray:
        state["predict.bias"][corrections - 1] += share_bias
    network.load_state_dict(state)
    save_weights(output, network, Card.from_json(metadata["card"]))
    print(f"{output}: {config.moment_maps} maps of a moment, {corrections} corrections")


if __name__ == "__main__":
    app()
