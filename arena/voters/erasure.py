"""Erasure: what a voter left here is erased, by the code of a receipt or by the voter's cookie.

Prompts, answers, the cookie's hash, and every row of any table that refers to the battle or the voter go. The ratings
follow: an erased vote stays as one more in a tally that names nobody, or is taken back, as the operator chose. The
freed places in the file are overwritten. Exports that were made before are in other people's hands; later ones and the
next release leave out what was erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from arena.clock import now
from arena.db.session import Database, Session
from arena.db.states import VoterKey
from arena.errors import UnknownCode
from arena.voters import queries
from arena.voters.permissions import read_code


@dataclass(frozen=True, slots=True)
class Erased:
    """How many battles were erased, and how many votes with them."""

    num_battles: int
    num_votes: int


class Erasure:
    """Erases battles and voters.

    Args:
        database: where they are.
        keep_counts: whether a vote that counted stays as a count that nobody can link to it.
    """

    def __init__(self, database: Database, *, keep_counts: bool) -> None:
        self._database = database
        self._keep_counts = keep_counts

    def by_code(self, code: str, *, everything: bool = False) -> Erased:
        """Erase the battle of a receipt; with `everything` all that its voter left here.

        Raises:
            UnknownCode: no battle has this code, perhaps because it is erased already.
        """
        with self._database.writing() as session:
            battle = queries.battle_with_code(session, read_code(code))
            if battle is None:
                raise UnknownCode(
                    "No battle has this erasure code.",
                    hint="Copy all 20 characters from the receipt. A battle that was erased has none any more.",
                )
            voter = battle.voter_id if everything else None
            battles = queries.battles_of(session, battle.voter_id) if everything else [battle.id]
            erased = self._erase(session, battles, voter)
        self._database.wipe_freed()
        return erased

    def by_voter(self, key: VoterKey) -> Erased:
        """Erase all that a voter left here. Somebody who left nothing loses nothing."""
        with self._database.writing() as session:
            voter = queries.voter_with_key(session, key)
            if voter is None:
                return Erased(0, 0)
            erased = self._erase(session, queries.battles_of(session, voter), voter)
        self._database.wipe_freed()
        return erased

    def _erase(self, session: Session, battles: Sequence[int], voter: int | None) -> Erased:
        num_votes = queries.erase_battles(session, battles, keep_counts=self._keep_counts, at=now())
        if voter is not None:
            queries.erase_voter(session, voter)
        return Erased(len(battles), num_votes)
