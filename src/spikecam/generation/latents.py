"""The autoencoder whose latents SpikeGen works on: ours, or one of diffusers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from spikecam.errors import FileError, SpikecamError
from spikecam.io.recording import PathLike
from spikecam.networks.autoencoder import STRIDE, Autoencoder
from spikecam.weights.store import fingerprint, load_weights

DEFAULT = "autoencoder"
# What diffusers calls autoencoders that can be taken, and how far away a pixel matters to them:
# attention sees all, but nearly nothing beyond.
_KINDS = ("AutoencoderKL", "AutoencoderTiny")
_REACH = 256


class Diffusers(nn.Module):
    """An `AutoencoderKL` or `AutoencoderTiny` of diffusers, with the manners of ours.

    Latents are the mean of those that it would draw from, shifted and scaled as it says.

    Args:
        model: the autoencoder.
    """

    reach = _REACH

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        config = model.config
        self.channels: int = config.latent_channels
        self._scale = float(config.get("scaling_factor") or 1)
        self._shift = float(config.get("shift_factor") or 0)

    def encode(self, pictures: Tensor) -> Tensor:
        """Latents (B, C, h / 8, w / 8) of pictures (B, 3, h, w) in [0, 1]."""
        encoded = self.model.encode(2 * pictures - 1)
        latents = encoded.latent_dist.mode() if hasattr(encoded, "latent_dist") else encoded.latents
        return (latents.float() - self._shift) * self._scale  # type: ignore[no-any-return]

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures (B, 3, h, w), not clipped, of latents (B, C, h / 8, w / 8)."""
        decoded: Tensor = self.model.decode(latents / self._scale + self._shift).sample
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
    if path.is_dir():
        codec = Diffusers(_of_diffusers(path)).eval().requires_grad_(False)
    else:
        network, _ = load_weights(path_or_name, "autoencoder")
        assert isinstance(network, Autoencoder)
        codec = network
    return codec, fingerprint(codec)


def _of_diffusers(folder: Path) -> nn.Module:
    if importlib.util.find_spec("diffusers") is None:
        raise SpikecamError(
            f"{folder} is of diffusers, which is not here; install with: "
            'pip install "spikecam[diffusers]"'
        )
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
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise FileError(f"{folder} is no autoencoder of diffusers that can be read") from error
    config: Any = model.config
    stride = 2 ** (len(config.block_out_channels) - 1)
    if stride != STRIDE:
        raise FileError(f"{folder} makes latents {stride} times as coarse, and 8 is needed")
    return model
