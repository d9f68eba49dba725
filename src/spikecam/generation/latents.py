"""The autoencoder whose latents SpikeGen works on: ours, or one of diffusers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from spikecam.errors import FileError
from spikecam.extras import require
from spikecam.io.paths import PathLike
from spikecam.networks.autoencoder import Autoencoder
from spikecam.networks.configs.autoencoder import STRIDE
from spikecam.weights.catalogue import shipped_weights
from spikecam.weights.store import fingerprint, load_weights

DEFAULT = "autoencoder"
# What diffusers calls autoencoders that can be taken.
_KINDS = ("AutoencoderKL", "AutoencoderTiny")


class Diffusers(nn.Module):
    """An `AutoencoderKL` or `AutoencoderTiny` of diffusers, with the manners of ours.

    Latents are the mean of those that it would draw from, shifted and scaled as it says. It
    normalises over all of a picture, so that a picture is encoded as a whole, however large.

    Args:
        model: the autoencoder.
    """

    reach = 0
    scale: Tensor
    shift: Tensor

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        config = model.config
        self.channels: int = config.latent_channels
        self.register_buffer("scale", torch.tensor(float(config.get("scaling_factor") or 1)))
        self.register_buffer("shift", torch.tensor(float(config.get("shift_factor") or 0)))

    def encode(self, pictures: Tensor) -> Tensor:
        """Latents (B, C, h / 8, w / 8) of pictures (B, 3, h, w) in [0, 1]."""
        encoded = self.model.encode(2 * pictures - 1)
        latents = encoded.latent_dist.mode() if hasattr(encoded, "latent_dist") else encoded.latents
        found: Tensor = (latents.float() - self.shift) * self.scale
        return found

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures (B, 3, h, w), not clipped, of latents (B, C, h / 8, w / 8)."""
        decoded: Tensor = self.model.decode(latents / self.scale + self.shift).sample
        return (decoded.float() + 1) / 2


Codec = Autoencoder | Diffusers


def load_autoencoder(path_or_name: PathLike = DEFAULT) -> tuple[Codec, str]:
    """An autoencoder of stride 8 in eval mode, and its fingerprint.

    Args:
        path_or_name: the name of weights that ship, a file, or a folder of diffusers, which holds
            ``config.json`` and a .safetensors file, such as ``vae`` of a published model. Nothing
            is downloaded.

    Raises:
        FileError: weights that cannot be read, or are of another network.
        OptionError: neither a file, a folder nor the name of weights that ship.
        SpikecamError: a folder of diffusers, which is not installed.
    """
    path = Path(path_or_name)
    codec: Codec
    if str(path_or_name) not in shipped_weights() and path.is_dir():
        codec = Diffusers(_of_diffusers(path)).eval().requires_grad_(False)
    else:
        network, _ = load_weights(path_or_name, "autoencoder")
        assert isinstance(network, Autoencoder)
        codec = network
    return codec, fingerprint(codec)


def _of_diffusers(folder: Path) -> nn.Module:
    require("diffusers", extra="diffusers", purpose=f"the autoencoder in {folder}")
    import diffusers

    config_file = folder / "config.json"
    if not config_file.is_file():
        raise FileError(f"{folder} holds no config.json; name the folder of an autoencoder")
    try:
        kind = diffusers.AutoencoderKL.load_config(folder)["_class_name"]
        if kind not in _KINDS:
            raise FileError(
                f"{folder} holds {kind}, and autoencoders that can be taken are "
                f"{' and '.join(_KINDS)}"
            )
        model: nn.Module = getattr(diffusers, kind).from_pretrained(
            folder, local_files_only=True, use_safetensors=True, low_cpu_mem_usage=False
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        raise FileError(f"{folder} is no autoencoder of diffusers that can be read") from error
    config: Any = model.config
    stride = 2 ** (len(config.block_out_channels) - 1)
    if stride != STRIDE:
        raise FileError(f"{folder} makes latents {stride} times as coarse, and 8 is needed")
    return model
