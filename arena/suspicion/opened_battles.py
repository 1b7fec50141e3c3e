"""Battles as the detectors see them, read from the database: voted on or not, as of one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from arena.db.queries import contender_slugs
from arena.db.session import Session
from arena.suspicion import queries
from leaderboard import Verdict
from leaderboard.arrays import IntArray
from leaderboard.suspicion.opened import UNKNOWN, OpenedBattles
from leaderboard.suspicion.prompt_clusters import PromptClusters

COUNTS_FOR_LEFT = {Verdict.A: 1.0, Verdict.B: 0.0, Verdict.TIE: 0.5, Verdict.BOTH_BAD: 0.5, None: np.nan}


@dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """What the detectors look at, and whose it is.

    Attributes:
        battles: numbers stand for contenders and voters. A network or a prompt has the id of the battle in which it
            was met first, so that it has the same number in every later look.
        ids: of the battles [N].
        voters: ids of the voters [U].
        contenders: ids of the contenders [M], and their slugs.
    """

    battles: OpenedBattles
    ids: IntArray
    voters: IntArray
    contenders: Mapping[int, str]

    def contender(self, number: int) -> int:
        """Return the id of a contender."""
        return list(self.contenders)[number]


def opened_battles(session: Session, *, until: datetime) -> Seen:
    """Return the battles that were opened until a moment, with the votes that were cast until then."""
    slugs = contender_slugs(session)
    place = {id_: number for number, id_ in enumerate(slugs)}
    clusters, networks = PromptClusters(), dict[str, int]()
    rows = [
        (
            row.id,
            place[row.contender_a_id],
            place[row.contender_b_id],
            row.voter_id,
            COUNTS_FOR_LEFT[row.verdict],
            row.first_seen_at.date().toordinal(),
            networks.setdefault(row.network_hash, row.id) if row.network_hash else UNKNOWN,
            clusters.number(row.prompt, new=row.id) if row.prompt else UNKNOWN,
            row.too_fast,
        )
        for row in queries.opened_battles(session, until=until)
    ]
    columns = zip(*rows, strict=True) if rows else ((),) * 9
    ids, left, right, voter, outcome, first_seen, network, prompt, too_fast = map(np.array, columns)
    voters, number = np.unique(voter.astype(np.int64), return_inverse=True)
    battles = OpenedBattles(
        len(slugs),
        left.astype(np.int64),
        right.astype(np.int64),
        number.astype(np.int64),
        outcome.astype(np.float64),
        first_seen.astype(np.int64),
        {"network": network.astype(np.int64), "prompt": prompt.astype(np.int64)},
        too_fast.astype(np.bool_),
    )
    return Seen(battles, ids.astype(np.int64), voters, slugs)
