"""Training, one recipe a stage, on Lightning; needs ``spikecam[train]``."""
