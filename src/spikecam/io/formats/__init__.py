"""Formats of recordings, one a file; each declares itself as ``FORMAT``."""
