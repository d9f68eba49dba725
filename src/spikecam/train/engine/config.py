"""Settings of a training run, whatever is trained."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from spikecam.errors import OptionError

PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
# Largest seed: the random generators of PyTorch take 64 bits.
MAX_SEED = 2**63 - 1


@dataclass(frozen=True)
class RunOptions:
    """Settings of a training run; the recipe chooses those that are None.

    Attributes:
        epochs: epochs of the run; a checkpoint is written, and a run resumes, at the end of each.
        steps: optimiser steps per epoch; by default as many as show each sample once.
        batch: samples per step on every device.
        lr: highest learning rate.
        device: auto, cpu, cuda, cuda:N or mps.
        devices: devices of every machine that train together.
        nodes: machines that train together.
        precision: 32-true, bf16-mixed or 16-mixed.
        workers: processes that prepare samples.
        seed: seed of the first weights and of all samples.
    """

    epochs: int | None = None
    steps: int | None = None
    batch: int | None = None
    lr: float | None = None
    device: str = "auto"
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
        if self.lr is not None and not 0 < self.lr < math.inf:
            raise OptionError(f"a learning rate (lr) is a number above 0, not {self.lr:g}")
        if self.workers < 0:
            raise OptionError(f"workers are at least 0, not {self.workers}")
        check_seed(self.seed)
        check_device_name(self.device)
        if ":" in self.device and self.devices * self.nodes > 1:
            raise OptionError(
                f"{self.device} is one device; leave --devices and --nodes out, or choose cuda"
            )
        if self.precision not in PRECISIONS:
            raise OptionError(
                f"precision is one of {', '.join(PRECISIONS)}, not {self.precision!r}"
            )

    def with_defaults(self, defaults: RunConfig) -> RunConfig:
        """All settings of a run: these, and those of ``defaults`` in place of None."""
        values = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(defaults, **values)


@dataclass(frozen=True)
class RunConfig(RunOptions):
    """Settings of a training run, all of them; see `RunOptions`."""

    epochs: int = field()
    batch: int = 8
    lr: float = 1e-3

    @property
    def global_batch_size(self) -> int:
        """Samples per step, on all devices together."""
        return self.batch * self.devices * self.nodes

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.epochs * self.steps_per_epoch

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps of an epoch.

        Raises:
            OptionError: they are not known yet, see `with_steps_for`.
        """
        if self.steps is None:
            raise OptionError(
                "how many steps an epoch has depends on the samples: use with_steps_for"
            )
        return self.steps

    def with_steps_for(self, sample_count: int) -> RunConfig:
        """A copy whose epochs show ``sample_count`` samples once, unless the steps are set."""
        if self.steps is not None:
            return self
        return replace(self, steps=-(-sample_count // self.global_batch_size))

    def reproducible_settings(self) -> dict[str, Any]:
        """Settings that the result depends on, and that a resumed run must repeat.

        Where it runs, how exactly and by how many processes may change; so may devices, if the
        samples of a step stay as many.
        """
        free = ("device", "devices", "nodes", "precision", "workers", "batch")
        fixed = {name: value for name, value in asdict(self).items() if name not in free}
        return fixed | {"samples": self.global_batch_size}


def check_seed(seed: int) -> None:
    """Refuse a seed that random generators do not take.

    Raises:
        OptionError: it is not from 0 to 2^63 - 1.
    """
    if not 0 <= seed <= MAX_SEED:
        raise OptionError(f"a seed is a whole number from 0 to 2^63 - 1, not {seed}")


def check_device_name(name: str) -> None:
    """Refuse a text that is no name of a device.

    Raises:
        OptionError: it is none.
    """
    if not re.fullmatch(r"auto|cpu|cuda|cuda:\d+|mps", name):
        raise OptionError(f"a device is auto, cpu, cuda, cuda:N or mps, not {name!r}")
