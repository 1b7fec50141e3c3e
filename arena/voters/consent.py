"""Consent: what a voter allows. A versioned notice asks before the first prompt, and again when its text changes.

There are three choices: to run battles, to use the votes, to publish the texts. Taking a choice back also holds for
earlier battles; giving one holds for later battles only.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from arena.clock import now
from arena.db.queries import voter_id
from arena.db.session import Database, Session
from arena.db.states import VoterKey
from arena.db.tables import Battle
from arena.errors import ConsentNeeded
from arena.voters import queries
from arena.voters.permissions import Choices, everything_allowed, permit

VERSION_CHARS = 12


@dataclass(frozen=True, slots=True)
class ConsentNotice:
    """The text that voters agree to."""

    text: str

    @property
    def version(self) -> str:
        """A name that another text does not have: the beginning of its SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:VERSION_CHARS]


class Consents:
    """The choices of all voters under a notice; without one, nobody is asked and everything is allowed."""

    def __init__(self, database: Database, notice: ConsentNotice | None = None) -> None:
        self._database = database
        self.notice = notice

    def choices_of(self, voter: VoterKey) -> Choices | None:
        """Return what the voter chose under this very notice, or None."""
        with self._database.reading() as session:
            return self._choices(session, voter)

    def has_chosen(self, voter: VoterKey) -> bool:
        """Return whether the voter ever chose, under any notice."""
        with self._database.reading() as session:
            return queries.newest_consent(session, voter) is not None

    def require(self, voter: VoterKey) -> None:
        """Check that the voter may be answered.

        Raises:
            ConsentNeeded: the voter did not agree to battles under this notice.
        """
        with self._database.reading() as session:
            self._required(session, voter)

    def choose(self, voter: VoterKey, choices: Choices) -> None:
        """Store the voter's choices with the time and the version. What they take back is taken from earlier battles.

        Raises:
            DatabaseUnavailable: nothing was stored.
        """
        if self.notice is None:
            return
        moment = now()
        with self._database.writing() as session:
            id_ = voter_id(session, voter, now=moment)
            queries.keep_notice(session, version=self.notice.version, text=self.notice.text, at=moment)
            queries.add_consent(session, id_, choices, version=self.notice.version, at=moment)
            queries.withdraw(session, id_, choices, at=moment)

    def permit(self, session: Session, voter: VoterKey, battle: Battle) -> None:
        """Write what may be done with a new battle, in the transaction that stores it.

        Raises:
            ConsentNeeded: the voter took the consent back a moment ago.
        """
        version = self.notice.version if self.notice else ""
        permit(session, battle, self._required(session, voter), version=version)

    def _required(self, session: Session, voter: VoterKey) -> Choices:
        choices = self._choices(session, voter)
        if choices is None or not choices.battle:
            raise ConsentNeeded(
                "The arena answers only those who agreed to its notice.", hint="Read it and choose; nothing was sent."
            )
        return choices

    def _choices(self, session: Session, voter: VoterKey) -> Choices | None:
        if self.notice is None:
            return everything_allowed()
        row = queries.newest_consent(session, voter)
        if row is None or row.version != self.notice.version:
            return None
        return Choices(battle=row.battle, vote=row.vote, text=row.text)


def consents_now(database: Database) -> Sequence[tuple[str, bool, bool, bool, int]]:
    """Return (version, battle, vote, text, number of voters) of the choices that hold now."""
    with database.reading() as session:
        return queries.consents_by_version(session)
