"""The votes that count, one by one: tallies do not hold who voted, on which prompt and in which order."""

import numpy as np
import pandas as pd

from arena.db.queries import contender_slugs
from arena.db.session import Session
from arena.votes import queries
from arena.votes.running_tallies import PLACE
from leaderboard import Votes


def single_votes(session: Session, *, newest: int | None = None) -> Votes:
    """Return the votes that count in the order of their battles; the `newest` of them, if a number is given.

    `extra` has three columns: `voter` and `prompt` are numbers that distinguish voters and first prompts, `probability`
    is that of drawing the pair.
    """
    slugs = contender_slugs(session)
    place = {id_: number for number, id_ in enumerate(slugs)}
    rows = [
        (place[left], place[right], PLACE[verdict], voter, prompt_number(prompt), probability)
        for left, right, verdict, voter, prompt, probability in queries.counted_votes(session, newest=newest)
    ]
    left, right, verdict, voter, prompt, probability = zip(*reversed(rows), strict=True) if rows else ((),) * 6
    return Votes(
        tuple(slugs.values()),
        np.array(left, dtype=np.int32),
        np.array(right, dtype=np.int32),
        np.array(verdict, dtype=np.int8),
        pd.DataFrame({"voter": voter, "prompt": prompt, "probability": np.array(probability, dtype=np.float64)}),
    )


def prompt_number(prompt: str) -> int:
    """Return a number that distinguishes prompts; those that differ in case or outer blanks only have the same one."""
    return hash(prompt.strip().casefold())
