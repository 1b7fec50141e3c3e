"""Votes after they were cast: what each is labelled with, which of them count, and how they are read.

Begin with `labels`, written with the vote, and `exclusions`, which say what is left out and why. `running_tallies`
and `single_votes` read what counts; `style_votes` adds how the answers looked. Called by `battles`, `board` and
`exchange`.
"""
