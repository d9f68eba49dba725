"""Integrate-and-fire sensor: its noise, its published settings, and the simulation."""
