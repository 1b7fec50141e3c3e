"""Voters: who they are, what they agree to, what they may do how often, and how what they left here is erased again.

Of identity and quotas begin with `admission`, which `arena.battles` asks at each question and each vote. `identity`
makes and checks signed cookies, `networks` hashes addresses, `quotas` counts, `proof_of_work` makes a flood dear, and
`upkeep` destroys keys, forgets counts and ends trials. Nothing of this is decided for good: a vote that a quota takes
out of the count is kept with its reason, and a maintainer can count it again.

`consent` asks and stores, `permissions` says what may be done with a battle, `erasure` erases, `retention` does so when
a period is over. Called by `battles`, `exchange`, `commands` and `web`. `docs/privacy.md` maps what is stored where.
"""
