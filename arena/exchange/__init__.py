"""Exchange: files that leave the arena or come into it.

`exports` and `schemas` write votes in the columns of published data sets, `preferences` writes them as pairs for
training. `imports` reads votes as a separate series. `benchmark_files` reads results of automatic benchmarks, and
`measurements` puts them side by side. `past_battles` finds single battles. Called by `commands` and `web/board`.
"""
