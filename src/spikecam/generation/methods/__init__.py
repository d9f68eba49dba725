"""Methods of `spikecam.generate`, one file each."""
