"""Autoencoders whose latents SpikeGen works on: ours, or one of diffusers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from spikecam.errors import FileError
from spikecam.extras import require_packages
from spikecam.io.paths import PathLike
from spikecam.networks.autoencoder import Autoencoder
from spikecam.networks.configs.autoencoder import STRIDE
from spikecam.resources import pick_device
from spikecam.weights.catalogue import shipped_weights
from spikecam.weights.store import load_network, weights_fingerprint

DEFAULT = "autoencoder"
# Autoencoders of diffusers that can be used.
_DIFFUSERS_CLASSES = ("AutoencoderKL", "AutoencoderTiny")


class DiffusersCodec(nn.Module):
    """Adapter of an autoencoder of diffusers to the interface of ours.

    Latents are the mean of those that it would draw from, shifted and scaled as it says. It
    normalises over all of a picture, so that a picture is encoded as a whole, however large.

    Args:
        model: the autoencoder.
    """

    receptive_radius = 0
    scale: Tensor
    shift: Tensor

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        config = model.config
        self.latent_channels: int = config.latent_channels
        self.register_buffer("scale", torch.tensor(float(config.get("scaling_factor") or 1)))
        self.register_buffer("shift", torch.tensor(float(config.get("shift_factor") or 0)))

    def encode(self, pictures: Tensor) -> Tensor:
        """Latents (B, C, h / 8, w / 8) of pictures (B, 3, h, w) in [0, 1]."""
        encoded = self.model.encode(2 * pictures - 1)
        latents = encoded.latent_dist.mode() if hasattr(encoded, "latent_dist") else encoded.latents
        scaled: Tensor = (latents.float() - self.shift) * self.scale
        return scaled

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures (B, 3, h, w), not clipped, of latents (B, C, h / 8, w / 8)."""
        decoded: Tensor = self.model.decode(latents / self.scale + self.shift).sample
        return (decoded.float() + 1) / 2


Codec = Autoencoder | DiffusersCodec


def load_autoencoder_and_fingerprint(
    path_or_name: PathLike = DEFAULT, device: str = "cpu"
) -> tuple[Codec, str]:
    """Load an autoencoder of stride 8 onto a device, and the fingerprint of its weights.

    Args:
        path_or_name: the name of weights that ship, a file, or a folder of diffusers, which holds
            ``config.json`` and a .safetensors file, such as ``vae`` of a published model. Nothing
            is downloaded.
        device: name of the device.

    Raises:
        FileError: weights that cannot be read, or are of another network.
        OptionError: neither a file, a folder nor the name of weights that ship.
        SpikecamError: a folder of diffusers, which is not installed.
    """
    path = Path(path_or_name)
    codec: Codec
    if str(path_or_name) not in shipped_weights() and path.is_dir():
        codec = DiffusersCodec(_load_diffusers(path)).eval().requires_grad_(False)
    else:
        codec = load_network(Autoencoder, path_or_name, "cpu")
    name = weights_fingerprint(codec)
    return codec.to(pick_device(device)), name


def _load_diffusers(folder: Path) -> nn.Module:
    require_packages("diffusers", extra="diffusers", purpose=f"the autoencoder in {folder}")
    import diffusers

    config_file = folder / "config.json"
    if not config_file.is_file():
        raise FileError(f"{folder} holds no config.json; name the folder of an autoencoder")
    try:
        kind = diffusers.AutoencoderKL.load_config(folder)["_class_name"]
        if kind not in _DIFFUSERS_CLASSES:
            raise FileError(
                f"{folder} holds {kind}, and autoencoders that can be used are "
                f"{' and '.join(_DIFFUSERS_CLASSES)}"
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
