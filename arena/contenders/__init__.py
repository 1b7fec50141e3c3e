"""Contenders: the entrants in battles, and how each is declared, registered, checked, opened and paid for.

Begin with `schema`, which declares a contender's table once: `file` checks `contenders.toml` by it, and `example`
prints what it may hold. `endpoint` owns addresses, keys and limits, which contenders may share. `register` moves a
contender from candidate to active, paused and retired; `check` asks it a few tiny requests first; `opened` holds the
backends that battles use. `costs` and `energy` compute what a reply consumed. Called by `battles`, `board`, `web` and
`commands`.
"""
