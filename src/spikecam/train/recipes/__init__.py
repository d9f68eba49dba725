"""Training recipes, one a file; see `spikecam.train.recipe`."""
