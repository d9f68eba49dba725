"""Optical flow: how the light of each pixel moves from one frame to another."""
