"""SpikeGen: spikes, a picture, or both to samples of what was there."""
