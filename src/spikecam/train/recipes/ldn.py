"""Training LDN, the student, by its teacher and the blurry picture (SpikeReveal 3.3.2)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from spikecam.errors import OptionError
from spikecam.networks.configs.ldn import LDNConfig
from spikecam.train.datasets.configs import CropConfig
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import TrainingJob, TrainingResult
from spikecam.train.engine.stage import Stage
from spikecam.train.recipe import Recipe, SourceArguments

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from spikecam.networks.teacher import Teacher
    from spikecam.train.engine.optimizers import Optimization
    from spikecam.train.engine.sampler import Sample

# As published (A.4): Adam, 100 epochs, 5 moments of 21 frames.
RUN = RunConfig(epochs=100, batch=4, lr=1e-3)
# Layers that see pictures and spikes or give out pictures, which AdamW trains.
_ADAMW_LAYERS = "blur_encoder.0.", "spike_encoder.0.", "predict."


@dataclass(frozen=True)
class DistillationConfig:
    """Configuration of the student's loss: weights of its terms, and window of the teacher.

    Attributes:
        reblur_weight: weight of the blurry picture against the teacher, lambda in Eq. 13.
        pixel_weight: weight of the mean difference of pixels from the teacher's, ours.
        teacher_weight: weight of the perceptual distance to the teacher; 0 leaves it out, as in the
            ablation of SpikeReveal's Table 3.
        teacher_window: odd number of frames that the teacher makes a picture of.
    """

    reblur_weight: float = 100.0
    pixel_weight: float = 0.0
    teacher_weight: float = 1.0
    teacher_window: int = 9

    def __post_init__(self) -> None:
        for weight in (self.reblur_weight, self.pixel_weight, self.teacher_weight):
            if not 0 <= weight < math.inf:
                raise OptionError(f"a weight is a number from 0 on, not {weight:g}")
        if self.reblur_weight == self.pixel_weight == self.teacher_weight == 0:
            raise OptionError("the teacher and the blurry picture cannot both have the weight 0")
        if self.teacher_window < 1 or self.teacher_window % 2 == 0:
            raise OptionError(f"a window is an odd number of frames, not {self.teacher_window}")


@dataclass(frozen=True)
class LDNOptions:
    """Options of the training of LDN.

    Attributes:
        bsn: weights of the teacher's BSN, by name or file.
        edsr: weights of the teacher's EDSR, by name or file.
        refiner: weights of a refiner that teaches in place of BSN and EDSR, by name or file, such
            as refined-selfsup, which is trained without sharp pictures, too.
        lpips: files of the weights of LPIPS (VGG), .safetensors or .pth; without them another
            perceptual distance is used.
        crop: side of the crops, in pixels of the spikes.
        moments: moments of an exposure that a step compares.
        random_moments: whether moments are drawn at random rather than spaced evenly.
        augment: whether crops are rotated and flipped at random.
        weights: weights to start from, by name or file, and their size.
        skip_incomplete: leave out pairs that lack a file.
        muon: train hidden convolutions by Muon, in fewer steps than the published Adam.
        loss: the loss.
        run: settings of the run.
        network: size of the network.
    """

    bsn: str = "bsn"
    edsr: str = "edsr"
    refiner: str | None = None
    lpips: tuple[str, ...] = ()
    crop: int = 128
    moments: int = 5
    random_moments: bool = False
    augment: bool = True
    weights: str | None = None
    skip_incomplete: bool = False
    muon: bool = False
    loss: DistillationConfig = field(default_factory=DistillationConfig)
    run: RunConfig = RUN
    network: LDNConfig = field(default_factory=LDNConfig)

    def __post_init__(self) -> None:
        if self.moments < 1:
            raise OptionError(f"the student learns at 1 or more moments, not {self.moments}")
        if self.refiner and self.random_moments:
            raise OptionError(
                "a refiner teaches at moments that are spaced evenly; leave out random moments"
            )
        self.crop_config(self.network)

    def crop_config(self, network: LDNConfig) -> CropConfig:
        """Configuration of the crops for a network of this size."""
        return CropConfig(
            self.crop, self.moments, network.window, self.random_moments, self.augment
        )


class LDNStage(Stage):
    """Training stage of LDN: pictures like the teacher's, whose mean is the blurry one (Eq. 12-14).

        L = sum over m of P(T(t_m), L(t_m)) + lambda * mean (1/M sum over m of L(t_m) - B)^2

    with L the student's pictures of M moments, T the teacher's and P a perceptual distance; the
    student's are clipped to [0, 1] first, which the gradients are not: a picture that begins below
    black would stay there. The first term may have another weight than 1, and a mean difference of
    pixels beside it. Samples are `PairCrops`, which hold the pictures of a refiner that teaches.

    Args:
        network: size of the student.
        teacher: trained, and not changed here; None for a refiner's pictures.
        distance: of pictures (N, 3, h, w) to others, (N,).
        config: the weights of the loss.
        muon: train hidden convolutions by Muon.

    Raises:
        OptionError: the teacher's window is longer than the student's.
    """

    name = "ldn"
    summary = "LDN: a blurry picture and 21 frames of spikes to a sharp picture"

    def __init__(
        self,
        network: LDNConfig,
        teacher: Teacher | None,
        distance: nn.Module,
        config: DistillationConfig | None = None,
        *,
        muon: bool = False,
    ) -> None:
        import torch

        from spikecam.networks.ldn import LDN

        self.config = config or DistillationConfig()
        self.muon = muon
        if teacher and self.config.teacher_window > network.window:
            raise OptionError(
                f"the teacher's {self.config.teacher_window} frames are taken from the student's "
                f"{network.window}; choose fewer"
            )
        self.network = LDN(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.distance = distance.eval().requires_grad_(False)
        self.teacher = teacher.eval().requires_grad_(False) if teacher else None
        self.frozen_modules = (self.distance, *([self.teacher] if self.teacher else []))

    def student_pictures(self, batch: Sample) -> Tensor:
        """Pictures (B, M, 3, h, w) in [0, 1] that the student makes of a batch."""
        spikes = batch["spikes"].float()
        blur = batch["blur"].repeat_interleave(spikes.shape[1], 0)
        sharp: Tensor = self.network(blur, spikes.flatten(0, 1))
        sharp = sharp.float()
        clipped = sharp + (sharp.clamp(0, 1) - sharp).detach()
        return clipped.reshape(*spikes.shape[:2], *blur.shape[1:])

    def teacher_pictures(self, batch: Sample) -> Tensor:
        """Pictures (B, M, 3, h, w) in [0, 1] that the teacher makes of a batch."""
        import torch

        if self.teacher is None:
            return batch["teacher"]
        spikes, window = batch["spikes"], self.config.teacher_window
        first = (spikes.shape[2] - window) // 2
        with torch.no_grad():
            short = spikes[:, :, first : first + window].float().mean(2)
            pictures: Tensor = self.teacher(batch["blur"], short, batch["long"])
            return pictures.float()

    def loss(self, batch: Sample, generator: torch.Generator) -> Tensor:
        """Loss of a batch by Eq. 13: the distance to the teacher, and the reblurring error."""
        return self._loss(batch, self.student_pictures(batch), self.teacher_pictures(batch))

    def evaluate(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Evaluate a batch: the loss, and PSNR where the truth is known.

        The loss is Eq. 13; PSNR is of student and teacher.
        """
        from spikecam.train.losses.psnr import psnr

        student, teacher = self.student_pictures(batch), self.teacher_pictures(batch)
        measures = {"loss": self._loss(batch, student, teacher)}
        middle = student.shape[1] // 2
        pictures = [batch["blur"], teacher[:, middle], student[:, middle]]
        if "sharp" in batch:
            truth = batch["sharp"]
            measures["psnr"] = psnr(student[:, middle], truth)
            measures["psnr_teacher"] = psnr(teacher[:, middle], truth)
            pictures.append(truth)
        return measures, pictures

    def optimization(self, config: RunConfig) -> Optimization:
        """The optimiser and its schedule: the published ones, or Muon with cosine decay."""
        if not self.muon:
            return super().optimization(config)
        from spikecam.train.engine.optimizers import muon, with_warmup_and_cosine_decay

        return with_warmup_and_cosine_decay(muon(self.network, _ADAMW_LAYERS, config), config)

    def _loss(self, batch: Sample, student: Tensor, teacher: Tensor) -> Tensor:
        from torch.nn import functional

        weights, error = self.config, functional.mse_loss(student.mean(1), batch["blur"])
        loss = weights.reblur_weight * error
        if weights.teacher_weight:
            distances: Tensor = self.distance(student.flatten(0, 1), teacher.flatten(0, 1))
            distance = distances.reshape(student.shape[:2]).sum(1).mean()
            loss = loss + weights.teacher_weight * distance
        if weights.pixel_weight:
            loss = loss + weights.pixel_weight * (student - teacher).abs().mean()
        return loss


def train_ldn(job: TrainingJob, options: LDNOptions) -> TrainingResult:
    """Train LDN by Eq. 13.

    Raises:
        SpikecamError: as `run_training`, `find_train_val_pairs` and `load_weights`.
    """
    from spikecam.networks.teacher import Teacher
    from spikecam.train.datasets.pair_data import pair_crop_data
    from spikecam.train.engine.training import choose_network_size, train_and_save_weights
    from spikecam.train.losses.perceptual import make_perceptual_distance
    from spikecam.weights.store import load_weights, weights_fingerprint

    network = choose_network_size(options.weights, "ldn", options.network)
    teacher: Teacher | None = None
    if options.refiner is None:
        bsn, edsr = load_weights(options.bsn, "bsn")[0], load_weights(options.edsr, "edsr")[0]
        teacher = Teacher(bsn, edsr)
        fingerprint = weights_fingerprint(teacher)
    else:
        fingerprint = weights_fingerprint(load_weights(options.refiner, "refiner")[0])
    distance = make_perceptual_distance(options.lpips)
    data = pair_crop_data(
        job,
        options.crop_config(network),
        options.run.seed,
        options.skip_incomplete,
        options.refiner,
    )
    data.settings["teacher"] = fingerprint
    data.settings["loss"] = asdict(options.loss)
    data.settings["distance"] = type(distance).__name__, weights_fingerprint(distance)
    return train_and_save_weights(
        job,
        options.run,
        data,
        lambda: LDNStage(network, teacher, distance, options.loss, muon=options.muon),
        start=options.weights,
    )


RECIPE = Recipe(
    name="ldn",
    summary="LDN, the student of S-SDM, by its teacher and the blurry picture",
    options=LDNOptions,
    run=train_ldn,
    sources=SourceArguments("DATASET", "Folders like Spike-GOPRO or RSB."),
)
