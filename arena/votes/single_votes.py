"""The votes that count, one by one: for what tallies cannot tell, such as who voted, on what, and in which order."""

import numpy as np
import pandas as pd
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from arena.db.tables import Battle, Contender, Turn, Vote
from arena.votes.running_tallies import PLACE
from leaderboard import Votes

ROWS = 20_000  # read at a time, with their prompts


def single_votes(session: Session, *, newest: int | None = None) -> Votes:
    """Return the votes that count in the order of their battles; of very many only the `newest`.

    `extra` has the columns `voter` and `prompt`, numbers that tell voters and first prompts apart, and `probability`,
    that of drawing the pair.
    """
    slugs = dict(session.execute(select(Contender.id, Contender.slug).order_by(Contender.slug)).all())
    place = {id_: number for number, id_ in enumerate(slugs)}
    sides = (Battle.contender_a_id, Battle.contender_b_id)
    query = select(*sides, Vote.verdict, Vote.voter_id, Turn.prompt, Battle.probability).join(
        Vote, Vote.battle_id == Battle.id
    )
    query = query.join(Turn, and_(Turn.battle_id == Battle.id, Turn.position == 1)).where(Vote.excluded == "")
    query = query.order_by(Battle.id.desc()).limit(newest).execution_options(yield_per=ROWS)
    rows = [
        (place[left], place[right], PLACE[verdict], voter, hash(prompt.strip().casefold()), probability)
        for left, right, verdict, voter, prompt, probability in session.execute(query)
    ]
    left, right, verdict, voter, prompt, probability = zip(*reversed(rows), strict=True) if rows else ((),) * 6
    return Votes(
        tuple(slugs.values()),
        np.array(left, dtype=np.int32),
        np.array(right, dtype=np.int32),
        np.array(verdict, dtype=np.int8),
        pd.DataFrame({"voter": voter, "prompt": prompt, "probability": np.array(probability, dtype=np.float64)}),
    )
