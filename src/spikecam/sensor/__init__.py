"""The sensor: integrate and fire, its noise, and published settings."""
