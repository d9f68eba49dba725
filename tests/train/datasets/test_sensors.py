import numpy as np

import spikecam as sc
from spikecam.train.datasets.sensors import random_sensor_of_white_rate


def test_sensors_have_the_faults_that_are_asked_for():
    rng = np.random.default_rng(0)
    without, with_all = (
        [random_sensor_of_white_rate(rng, 0.3, noise_prob=n, spurious_prob=n) for _ in range(20)]
        for n in (0.0, 1.0)
    )
    for sensor in without:
        assert sensor == sc.Sensor(gain=0.3)
    for sensor in with_all:
        assert 100 <= sensor.photons <= 20000
        assert 0 < sensor.reset_noise <= 0.05
        assert 140 <= sensor.spurious_gap[0] <= 5000
