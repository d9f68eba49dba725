"""Declarations of the networks, one a file: sizes, input, checkpoints; they load no torch."""
