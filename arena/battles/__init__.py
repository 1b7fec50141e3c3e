"""Battles: one blind pairing shown to one voter, from the draw to the reveal.

Begin with `battles`, which holds every rule. `matchmaking` draws the pair. `race` runs both sides at the same time,
`answering` one of them. `lanes`, `budgets` and `cooldowns` decide whether a contender may be asked now. `autosave`
stores unfinished text, and `rounds` repeats such work in the background. `views` holds all that a voter may see. Called
by `web/battle` and `commands/serve`.
"""
