"""Runs: the methods that write data sets, and the folder in which a run lives.

Begin with `self_instruct`; `instances` and `distill` are the other methods. `session` opens, asks until a stop, and
writes what came out (`results`); `run_folder` and `runs` hold what a run is made of. Called by `commands`.
"""
