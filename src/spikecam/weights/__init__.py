"""Weights of the networks: where they come from and how they are kept."""
