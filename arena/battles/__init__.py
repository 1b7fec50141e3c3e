"""Battles: one blind pairing shown to one voter, from the draw to the reveal.

Begin with `battles`, which holds every rule. `matchmaking` draws the pair, `race` runs both sides at the same time,
`answering` one side; `lanes`, `budgets` and `cooldowns` say when a contender may be asked; `autosave` keeps what was
written so far; `rounds` repeats such work in the background; `views` is all that a voter may see. Called by
`web/battle` and `commands/serve`.
"""
