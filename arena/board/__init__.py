"""The board: ratings of what was voted, with all that is shown beside them.

Begin with `standings`, which rates the tallies, and `rows`, which puts a contender's figures side by side.
`comparisons` set two contenders beside each other and `relatives` know which were made from which; `transparency`
says who was drawn how often and what is not shown. `snapshots` freeze a board with what reproduces it; `depth` looks at
the same votes in every other way; `observations` are counted in the background by `observer`. Called by `web/board`,
which only shows what is computed here, and by `arena leaderboard`.
"""
