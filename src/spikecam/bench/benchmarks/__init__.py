"""Benchmarks of `spikecam bench`, one a file."""
