"""Suspicion: votes that are left out until a maintainer has looked, and marks that say more about a single vote.

Begin with `suspects`: it looks at all battles (`opened_battles`), has the detectors of `leaderboard.suspicion` judge
them, keeps what stands out, and lets a maintainer decide. `watch` does so in the background. `marks` notes what a
reader of a vote should know; a marked vote counts. Called by the commands, by the board, and by the server.
"""
