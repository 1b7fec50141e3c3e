"""Turn a data set into a checkpoint that can enter the arena.

Shares prompt formats and data sets with `generation`, and nothing with `arena`: the two meet in a folder on disk.
"""
