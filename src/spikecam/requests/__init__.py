"""Requests: what a command, the app or a cluster is asked to do, checked before any work."""
