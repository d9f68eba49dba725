"""Scenes of Gaussians, fitted to what a moving camera records, and views of them."""
