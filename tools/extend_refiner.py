"""Give a trained refiner the inputs and corrections that its configuration lacks, as a start.

    python tools/extend_refiner.py WEIGHTS -o OUT.safetensors [--no-aligned]

Weights of what is new are zero: aligned light changes nothing before it is trained, and colour
lines count as far as they fit.
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
def extend(weights: Path, *, output: Path, aligned: bool = True) -> None:
    """Write the weights of the larger network.

    Args:
        weights: of a refiner, a file.
        output: file to write.
        aligned: give it light aligned along motion.
    """
    with safe_open(weights, "pt") as file:
        metadata = file.metadata()
        old = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    # Files written before there were colour lines do not mention them.
    before = {"colour_lines": False, **json.loads(metadata["config"])}
    input_config = RefinerInputConfig()
    if not aligned:
        input_config = replace(input_config, aligned_windows=0)
    config = RefinerConfig(
        **{**before, "colour_lines": True, "moment_maps": input_config.moment_maps}
    )
    network = Refiner(config, input_config)
    state = network.state_dict()
    for name, values in old.items():
        new = torch.zeros_like(state[name])
        if name.startswith("predict.") and not before["colour_lines"]:
            new[:1], new[2:] = values[:1], values[1:]
        elif name == "moment.weight":
            new[:, : values.shape[1]] = values
        else:
            new[:] = values
        state[name] = new
    network.load_state_dict(state)
    save_weights(output, network, Card.from_json(metadata["card"]))
    corrections = network.predict.out_channels - 3 * GRID_PIXELS**2
    print(f"{output}: {config.moment_maps} maps of a moment, {corrections} corrections")


if __name__ == "__main__":
    app()
