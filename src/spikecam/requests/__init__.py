"""Requests for pictures as plain values, checked before work, for commands, the app and scripts."""
