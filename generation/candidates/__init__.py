"""Candidates: from a teacher's answer to examples worth keeping. Pure functions; no network, no run.

Begin with `parsing`; `filters` judge one candidate alone, `near_duplicates` against all others (`rouge`), `harvest`
keeps each with its fate. `decontamination`, `diversity` and `sharegpt` look at whole data sets.
"""
