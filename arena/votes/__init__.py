"""Votes after they were cast: their labels, which of them count, and how they are read.

Begin with `labels`, which are written with each vote, and `exclusions`, which take votes out of the count for a reason.
`running_tallies` and `single_votes` read the votes that count; `style_votes` adds the style of the answers. Called by
`battles`, `board` and `exchange`.
"""
