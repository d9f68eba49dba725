"""Methods of `spikecam.flow`, one file each."""
