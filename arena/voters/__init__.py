"""Voters as identities: who they are, what they may do how often, and what a new identity costs.

Begin with `admission`, which `arena.battles` asks at each question and each vote. `identity` makes and checks signed
cookies, `networks` hashes addresses, `quotas` counts, `proof_of_work` makes a flood dear, and `upkeep` destroys keys,
forgets counts and ends trials. Nothing here is decided for good: a vote that a quota takes out of the count is kept
with its reason, and a maintainer can count it again.
"""
