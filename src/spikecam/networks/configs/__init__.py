"""Configurations of the networks, one a file; importing one loads no torch."""
