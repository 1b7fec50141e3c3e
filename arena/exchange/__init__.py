"""Exchange: what goes out of the arena and comes into it as files.

`exports` and `schemas` write votes in the columns by which the field publishes them, `preferences` as pairs to train
on; `imports` takes votes in as a series of their own, `benchmark_files` the results of automatic benchmarks, which
`measurements` set side by side. `past_battles` are found one by one. Called by `commands` and `web/board`.
"""
