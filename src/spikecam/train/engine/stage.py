"""A training stage: a network, its loss, what it is evaluated by, and how it is optimised."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from spikecam.train.engine.config import RunConfig
    from spikecam.train.engine.optimizers import Optimization
    from spikecam.train.engine.sampler import Sample


class Stage:
    """A training stage: a network, its loss, its evaluation and its optimisation.

    A plain class, so that recipes can be listed without loading torch; `StageModule` is what
    Lightning trains.

    Attributes:
        name: of the stage, and of the file of weights that it makes.
        summary: what the network does, in a line, for the card of the weights.
        max_gradient_norm: gradients are clipped to this norm; None leaves them.
        average_decay: share that a moving average of the weights keeps at each step; the average is
            what is evaluated and saved. None leaves the weights as they are.
        unused_parameters: whether some of the weights have no part in a step.
        network: what is trained, and alone is saved.
        frozen_modules: what the loss needs, but is neither trained nor saved.
    """

    name: str
    summary: str
    max_gradient_norm: ClassVar[float | None] = None
    average_decay: ClassVar[float | None] = None
    unused_parameters: ClassVar[bool] = False
    network: nn.Module
    frozen_modules: tuple[nn.Module, ...] = ()

    def loss(self, batch: Sample, generator: torch.Generator) -> Tensor:
        """The loss of a batch, one number.

        Args:
            batch: samples, on the device of the network.
            generator: of what is random in this step, on that device.
        """
        raise NotImplementedError

    def evaluate(self, batch: Sample) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Evaluate a batch: measures by name, and pictures (B, 1 or 3, h, w) to be shown."""
        raise NotImplementedError

    def optimization(self, config: RunConfig) -> Optimization:
        """The optimiser and its learning-rate schedule.

        By default they are those of S-SDM.
        """
        from spikecam.train.engine.optimizers import adam_with_cosine_decay

        return adam_with_cosine_decay(self.network, config)
