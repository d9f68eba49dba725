"""How the processes of a run find each other."""

from __future__ import annotations

import os

from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment

from spikecam.errors import OptionError
from spikecam.train.engine.config import RunConfig

_TORCHRUN = "TORCHELASTIC_RUN_ID"
# Names of jobs whose processes Lightning takes for a shell, in which nothing was started by srun.
_SHELL_JOBS = "bash", "interactive"


def pick_cluster_environment(config: RunConfig) -> ClusterEnvironment | None:
    """Pick how the processes of a run find each other.

    In a job of Slurm these are the tasks that srun started. Where it started none, the job is no
    more than a machine.

    Returns:
        What Lightning takes; None where it finds that by itself.

    Raises:
        OptionError: srun started another number of processes than the run has; or there are
            several machines, and nothing by which they find each other.
    """
    by_torchrun = _TORCHRUN in os.environ
    in_job = "SLURM_NTASKS" in os.environ and os.environ.get("SLURM_JOB_NAME") not in _SHELL_JOBS
    if in_job and "SLURM_STEP_ID" in os.environ and not by_torchrun:
        _check_tasks(config)
        # At a signal Lightning would keep the middle of an epoch in the current folder, from which
        # any other run there would start.
        return SLURMEnvironment(auto_requeue=False)
    if config.nodes > 1 and not by_torchrun and "MASTER_ADDR" not in os.environ:
        raise OptionError(
            f"{config.nodes} machines find each other by srun of Slurm, by torchrun, or by "
            "MASTER_ADDR, MASTER_PORT and each one's NODE_RANK in the environment; use one of "
            "these, or leave --nodes out"
        )
    return LightningEnvironment() if in_job and not by_torchrun else None


def _check_tasks(config: RunConfig) -> None:
    tasks, nodes = os.environ["SLURM_NTASKS"], os.environ.get("SLURM_NNODES", "1")
    per_node = os.environ.get("SLURM_NTASKS_PER_NODE", "1" if tasks == "1" else None)
    expected = str(config.devices * config.nodes), str(config.nodes), str(config.devices)
    # Lightning needs the tasks of a machine, too, where there are several.
    if (tasks, nodes, per_node) != expected:
        raise OptionError(
            f"Slurm's tasks ({tasks}, on {nodes} nodes) are not the processes of --nodes "
            f"{config.nodes} and --devices {config.devices}; ask Slurm for --nodes={config.nodes} "
            f"--ntasks-per-node={config.devices}"
        )
