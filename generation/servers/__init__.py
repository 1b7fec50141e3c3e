"""Servers: which of several servers takes the next request (`servers`), and when (`pacing`).

Called by `asking` and `runs`.
"""
