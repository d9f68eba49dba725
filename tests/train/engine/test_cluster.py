"""How processes find each other, by the environment that Slurm and torchrun give them."""

import pytest
from lightning.fabric.plugins.environments import LightningEnvironment, SLURMEnvironment

import spikecam as sc
from spikecam.train.engine.cluster import pick_cluster_environment
from spikecam.train.engine.config import RunConfig

# Of a process that srun started in a job of two machines, with two tasks on each.
TASK = {
    "SLURM_JOB_NAME": "train",
    "SLURM_NTASKS": "4",
    "SLURM_NNODES": "2",
    "SLURM_NTASKS_PER_NODE": "2",
    "SLURM_STEP_ID": "0",
}
FOUR, ONE = RunConfig(epochs=1, nodes=2, devices=2), RunConfig(epochs=1)


@pytest.fixture
def environment(monkeypatch):
    """Set the variables of a launcher, in place of all others; None leaves one out."""

    def set_variables(**variables):
        for name in (*TASK, "MASTER_ADDR", "TORCHELASTIC_RUN_ID"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            if value is not None:
                monkeypatch.setenv(name, value)

    return set_variables


def test_tasks_of_srun_are_the_processes(environment):
    environment(**TASK)
    cluster = pick_cluster_environment(FOUR)
    assert isinstance(cluster, SLURMEnvironment)
    assert not cluster.auto_requeue
    environment(**TASK | dict.fromkeys(("SLURM_NTASKS", "SLURM_NNODES"), "1"))
    with pytest.raises(sc.OptionError, match=r"--nodes=1 --ntasks-per-node=1$"):
        pick_cluster_environment(ONE)
    environment(SLURM_NTASKS="1", SLURM_STEP_ID="0")
    assert isinstance(pick_cluster_environment(ONE), SLURMEnvironment)


@pytest.mark.parametrize(
    "changes",
    [
        {"SLURM_NTASKS": "2"},
        {"SLURM_NNODES": "1"},
        {"SLURM_NTASKS_PER_NODE": "4"},
        {"SLURM_NTASKS_PER_NODE": None},
    ],
)
def test_other_tasks_are_refused(environment, changes):
    environment(**TASK | changes)
    with pytest.raises(sc.OptionError, match=r"on . nodes.*--nodes=2 --ntasks-per-node=2$"):
        pick_cluster_environment(FOUR)


def test_a_script_without_srun_trains_on_its_machine(environment):
    environment(**TASK | {"SLURM_STEP_ID": None})
    assert isinstance(pick_cluster_environment(ONE), LightningEnvironment)
    with pytest.raises(sc.OptionError, match="find each other by srun of Slurm"):
        pick_cluster_environment(FOUR)


@pytest.mark.parametrize(
    "variables",
    [
        {"MASTER_ADDR": "10.0.0.1"},
        {"TORCHELASTIC_RUN_ID": "1"},
        TASK | {"TORCHELASTIC_RUN_ID": "1"},
    ],
)
def test_other_ways_are_left_to_lightning(environment, variables):
    environment(**variables)
    assert pick_cluster_environment(FOUR) is None


def test_several_machines_need_to_know_of_each_other(environment):
    environment()
    assert pick_cluster_environment(ONE) is None
    for variables in ({}, TASK | {"SLURM_JOB_NAME": "interactive"}):
        environment(**variables)
        with pytest.raises(sc.OptionError, match="MASTER_PORT and each one's NODE_RANK"):
            pick_cluster_environment(FOUR)
