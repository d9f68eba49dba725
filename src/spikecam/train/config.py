"""Settings of a run, whatever is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from spikecam.errors import OptionError

ACCELERATORS = ("auto", "cpu", "cuda")
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")


@dataclass(frozen=True)
class RunConfig:
    """Settings of a run.

    Attributes:
        epochs: how many; a checkpoint is written, and a run resumes, at the end of each.
        steps: of the optimiser in an epoch; by default as many as show each pair once.
        batch: samples in a step, on every device.
        lr: the highest learning rate.
        accelerator: "auto", "cpu" or "cuda".
        devices, nodes: devices of a machine, and machines, that train together.
        precision: "32-true", "bf16-mixed" or "16-mixed".
        workers: processes that prepare samples.
        seed: of the first weights and of all samples.
    """

    epochs: int
    steps: int | None = None
    batch: int = 8
    lr: float = 1e-3
    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1
    precision: str = "32-true"
    workers: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "steps", "batch", "devices", "nodes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise OptionError(f"{name} is at least 1, not {value}")
        if not 0 < self.lr < float("inf"):
            raise OptionError(f"a learning rate (lr) is a number above 0, not {self.lr:g}")
        if self.workers < 0 or self.seed < 0:
            raise OptionError("workers and seed are at least 0")
        for name, known in (("accelerator", ACCELERATORS), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                raise OptionError(f"{name} is one of {', '.join(known)}, not {getattr(self, name)}")

    @property
    def samples(self) -> int:
        """Samples in a step, on all devices together."""
        return self.batch * self.devices * self.nodes

    @property
    def total(self) -> int:
        """Steps of the whole run."""
        return self.epochs * self.epoch_steps

    @property
    def epoch_steps(self) -> int:
        """Steps of an epoch.

        Raises:
            OptionError: they are not known yet, see `for_pairs`.
        """
        if self.steps is None:
            raise OptionError("how many steps an epoch has depends on the pairs: use for_pairs")
        return self.steps

    def for_pairs(self, count: int) -> RunConfig:
        """The same with as many steps as show each of ``count`` pairs once, if none were given."""
        return self if self.steps is not None else replace(self, steps=-(-count // self.samples))

    def settings(self) -> dict[str, Any]:
        """What the result depends on, and a run that resumes must repeat.

        Where it runs, how exactly and by how many processes may change; so may devices, if the
        samples in a step stay as many.
        """
        free = ("accelerator", "devices", "nodes", "precision", "workers", "batch")
        kept = {name: value for name, value in asdict(self).items() if name not in free}
        return kept | {"samples": self.samples}
