"""The arena: contenders, blind battles, votes, standings, and the pages that show them.

A vote travels `web/battle_page.py` → `battles.py` → `db/` → `standings.py` → `leaderboard` → `web/leaderboard_page.py`.
"""
