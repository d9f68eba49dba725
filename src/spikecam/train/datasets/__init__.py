"""Data sets of training samples, and the files that they are read from."""
