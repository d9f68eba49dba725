"""Reconstruction of frames that keep coming: a growing file or a pipe."""
