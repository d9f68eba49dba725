"""Measurements: speed and memory, and quality on sequences with ground truth."""
