"""The manual's page on recordings that are far away, against an object store on this machine."""

import shutil

import spikecam as sc
from spikecam import sample


def test_commands_run(run_command, lines, bucket, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sc.save("car.zarr", sc.open(sample.SPIKES))
    shutil.copy(sample.BLUR, "blur.png")
    bucket.put(str(sample.SPIKES), "recordings/car.dat")
    bucket.put(f"{sample.SPIKES}.json", "recordings/car.dat.json")
    bucket.put("car.zarr", "recordings/car.zarr", recursive=True)
    assert len(lines("remote")) > 3
    for command in lines("remote"):
        run_command(command)
    assert len(sc.open("part.dat")) == 60
