"""The sample that ships with spikecam: a rendered toy scene, its blurry picture and its spikes.

``tools/make_sample.py`` makes it.
"""

from pathlib import Path

BLUR = Path(__file__).with_name("blur.png")
SPIKES = Path(__file__).with_name("spikes.dat")
SIDECAR = Path(__file__).with_name("spikes.dat.json")
