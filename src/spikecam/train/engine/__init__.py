"""The training engine: configuration, runs, checkpoints, callbacks, sampling order."""
