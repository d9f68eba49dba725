"""Scenes in front of a simulated sensor: motion, layers, video, depth and defocus."""
