"""Training for what is out of focus, from folders to a file of weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from spikecam.data.dpdd import check_outside_dpdd, is_dpdd, read_dpdd
from spikecam.networks.configs.refocuser import RefocuserConfig
from spikecam.train.config import RunConfig
from spikecam.train.focus import MARGIN, SHARES, Focus, FocusConfig, check_pairs
from spikecam.train.job import ENDLESS, Data, Job, sized, train_stage
from spikecam.train.pictures import Pictures, digest, find_pictures
from spikecam.train.refocus import RefocuserStage

# Scenes that a run is judged by, their frames, and spikes of white to a frame.
_JUDGED, _FRAMES, _LEVELS = 48, (101, 101), (0.3, 0.3)


def train_refocuser(
    job: Job, config: RunConfig, network: RefocuserConfig, focus: FocusConfig
) -> Path:
    """Train the refocuser; the file of its weights.

    Args:
        job: its data sets are folders of sharp pictures, over which defocus is simulated, or DPDD,
            whose pictures are out of focus as they are: there ``train`` is trained with, and
            ``val`` judged by.
        config: of the run.
        network: size of the network.
        focus: how samples are drawn.

    Raises:
        FileError: pictures out of focus among those that are to be sharp, or pairs that differ in
            size or are too small.
        SpikecamError: as `spikecam.train.run.run`, `find_pictures`, `read_dpdd` and `load_weights`.
    """
    network = sized(job, "refocuser", network)
    taken = [folder for folder in job.datasets if is_dpdd(folder)]
    folders = [folder for folder in job.datasets if folder not in taken]
    check_outside_dpdd(folders)
    side = focus.crop + 2 * MARGIN
    train, val = find_pictures(folders, side, job.report.say) if folders else ([], [])
    pairs, judged = (
        [pair for one in taken for pair in read_dpdd(one, part)] for part in ("train", "val")
    )
    check_pairs([*pairs, *judged], side)
    seed = config.seed
    samples = Focus(_crops(train, side, seed, ENDLESS), pairs, focus, seed=seed, length=ENDLESS)
    # Judged by a fixed length of time in a middling light, by photographs and faultless sensors.
    none: dict[str, Any] = dict.fromkeys(set(SHARES) - {"sharp", "soft"}, 0.0)
    plain = replace(focus, **none, frames=_FRAMES, levels=_LEVELS)
    held = Focus(_crops(val, side, 0, _JUDGED), judged, plain, seed=seed + 1, length=_JUDGED)
    named = [path for pair in [*pairs, *judged] for path in pair]
    settings = {
        "focus": asdict(focus),
        "data": {
            "train": len(train),
            "val": len(val),
            "pairs": [len(pairs), len(judged)],
            "pictures": digest([*train, *val, *named]),
        },
    }
    data = Data(samples, held, len(train) + len(pairs), settings, "pictures")
    return train_stage(job, config, data, lambda c: RefocuserStage(network, c))


def _crops(paths: Sequence[Path], side: int, seed: int, length: int) -> Pictures | None:
    if not paths:
        return None
    return Pictures(paths, side, seed=seed, length=length)
