"""Registration of a second camera with the spike camera, in place and time."""
