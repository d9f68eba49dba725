"""Making the cache of latents on which SpikeGen is pre-trained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spikecam.errors import OptionError
from spikecam.train.datasets.configs import check_crop_side
from spikecam.train.engine.config import check_device_name, check_seed
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.recipe import Recipe, SourceArguments


@dataclass(frozen=True)
class LatentsOptions:
    """Options of a cache of latents.

    Attributes:
        autoencoder: whose latents; a name, a file, or a folder of diffusers.
        crop: side of the crops of pictures; 256 as published.
        crops_per_picture: crops of every training picture.
        device: auto, cpu, cuda, cuda:N or mps.
        seed: seed of crops, blur kernels and spikes.
    """

    autoencoder: str = "autoencoder"
    crop: int = 256
    crops_per_picture: int = 8
    device: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        check_crop_side(self.crop)
        if self.crops_per_picture < 1:
            raise OptionError(f"crops_per_picture is at least 1, not {self.crops_per_picture}")
        check_device_name(self.device)
        check_seed(self.seed)


def make_latent_cache(job: TrainingJob, options: LatentsOptions) -> TrainingResult:
    """Run the recipe: make the cache of latents of the pictures in the job's sources.

    Raises:
        SpikecamError: as `write_latent_cache` and `load_autoencoder_and_fingerprint`.
    """
    from spikecam.generation.autoencoders import load_autoencoder_and_fingerprint
    from spikecam.resources import pick_device
    from spikecam.train.datasets.latent_cache import write_latent_cache

    def track(steps: Sequence[int]) -> Iterable[int]:
        check_stop = job.report.check_stop or (lambda: None)
        for step in _track_steps(steps) if job.report.progress_bar else steps:
            check_stop()
            yield step

    autoencoder, name = load_autoencoder_and_fingerprint(options.autoencoder)
    autoencoder.to(pick_device(options.device))
    cache = write_latent_cache(
        job.sources,
        job.output_path,
        autoencoder,
        name,
        crop=options.crop,
        crops_per_picture=options.crops_per_picture,
        seed=options.seed,
        track=track,
    )
    counts = f"{cache.train} crops for training and {cache.val} for validation"
    text = f"{job.output_path}: latents of {counts}"
    return TrainingResult(Path(job.output_path), {"train": cache.train, "val": cache.val}, text)


def _track_steps(steps: Sequence[int]) -> Iterable[int]:
    """Yield steps with a progress bar on stderr."""
    from rich.console import Console
    from rich.progress import track

    return track(steps, "latents", console=Console(stderr=True), transient=True)


RECIPE = Recipe(
    name="latents",
    summary="A cache of latents for SpikeGen: blurry and sharp pictures, and 8 frames of spikes",
    options=LatentsOptions,
    run=make_latent_cache,
    sources=SourceArguments("PICTURES", "Folders of sharp pictures."),
    resumes=False,
)
