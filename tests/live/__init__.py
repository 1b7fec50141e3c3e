"""The arena as a process of its own, and voters who reach it over HTTP. For tests and benchmarks."""
