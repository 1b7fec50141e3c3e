"""Voters: what they agree to, and how what they left here is erased again.

`consent` asks and stores, `permissions` says what may be done with a battle, `erasure` erases, `retention` does so when
a period is over. Called by `battles`, `exchange`, `commands` and `web`. `docs/privacy.md` maps what is stored where.
"""
