"""Files in and out: recordings, pictures and video."""
