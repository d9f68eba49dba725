"""Training: an engine on Lightning, data sets, losses, and recipes, one a file."""
