"""Methods of `spikecam.reconstruct`, one a file."""
