"""The sensor, and the scene in front of it: simulated, calibrated, aligned."""
