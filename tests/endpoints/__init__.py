"""Endpoints for tests and benchmarks: a fake one with every fault, and real ones that serve tiny checkpoints.

The fixtures are in `plugin.py`, switched on in `tests/conftest.py`.
"""
