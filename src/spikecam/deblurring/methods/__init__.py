"""Methods of `spikecam.deblur`, one file each."""
