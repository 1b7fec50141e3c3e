"""Proof of work: where very many questions come from one network, its new voters' browsers compute for a moment first.

The challenges are ALTCHA's (protocol 1): find the number behind a SHA-256. They are made and checked here, without any
other host. A challenge is signed, holds for ten minutes and for one voter, and its solution opens one battle. That the
check itself breaks down is an end of its own: the question goes through and the battle is marked as unchecked.
"""

import json
import logging
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs

from altcha.v1 import ChallengeOptions, Payload, create_challenge, verify_solution

from arena.clock import now
from arena.db.session import Database
from arena.db.states import Checked, VoterKey
from arena.db.voter_tables import KeyUse
from arena.errors import ProofRefused
from arena.voters import queries
from arena.voters.keys import Keys

log = logging.getLogger(__name__)

HOLDS_FOR = timedelta(minutes=10)
EASIEST, HARDEST = 50_000, 1_000_000  # the number is below this: 0.1 s to 3 s in a browser on a desk
ALGORITHM: Literal["SHA-256"] = "SHA-256"
MAX_CHARS = 2000
SCHEMA = {"algorithm": str, "challenge": str, "number": int, "salt": str, "signature": str}
NOT_SOLVED = "Your browser's proof of work was not accepted"


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution as a browser sends it, of the right shape but not checked yet."""

    payload: Payload
    voter: str
    expires_at: datetime


class Proofs:
    """Makes challenges and checks solutions."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def challenge(self, voter: VoterKey, *, heat: float) -> str | None:
        """Return a challenge for a voter's browser as JSON, or None where none can be made.

        Args:
            voter: who alone may use it.
            heat: how many times as much as makes a network hot comes from the voter's network.
        """
        try:
            options = ChallengeOptions(
                algorithm=ALGORITHM,
                max_number=int(min(max(heat, 1.0) * EASIEST, HARDEST)),
                hmac_key=self._keys.newest(KeyUse.PROOF).secret,
                expires=now() + HOLDS_FOR,
                params={"voter": voter},
            )
            return json.dumps(create_challenge(options).to_dict(), allow_nan=False)
        except Exception:
            log.exception("no proof of work can be asked for; questions go through unchecked")
            return None

    def accept(self, voter: VoterKey, text: str) -> Checked:
        """Check the solution that a voter's browser sent, and keep it for the voter's next battle.

        Raises:
            ProofRefused: it is none, is forged or expired, is another voter's, or was used before.
            DatabaseUnavailable: it cannot be kept.
        """
        solution = read(text)
        if solution.voter != voter:
            raise ProofRefused(f"{NOT_SOLVED}: it belongs to another visitor.")
        try:
            checked = self._checked(solution)
        except Exception:
            log.exception("a proof of work could not be checked; it counts as unchecked")
            checked = Checked.UNCHECKED
        if checked is Checked.FAILED:
            raise ProofRefused(f"{NOT_SOLVED}: it is wrong or too old.")
        with self._database.writing() as session:
            challenge = solution.payload.challenge
            if not queries.keep_proof(session, challenge, voter, expires_at=solution.expires_at, checked=checked):
                raise ProofRefused(f"{NOT_SOLVED}: it was used before.")
        return checked

    def _checked(self, solution: Solution) -> Checked:
        if solution.expires_at <= now():
            return Checked.FAILED
        solved, _ = verify_solution(solution.payload, self._keys.newest(KeyUse.PROOF).secret)
        return Checked.PASSED if solved else Checked.FAILED


def read(text: str) -> Solution:
    """Return a solution of the right shape.

    Raises:
        ProofRefused: the text is none. So what breaks the check afterwards is never the sender's doing.
    """
    try:
        payload = json.loads(b64decode(text[:MAX_CHARS], validate=True))
        known = {name: payload[name] for name in SCHEMA}
        fits = all(type(known[name]) is kind for name, kind in SCHEMA.items()) and known["algorithm"] == ALGORITHM
        parameters = parse_qs(known["salt"].partition("?")[2])
        (voter,), (expires,) = parameters["voter"], parameters["expires"]
        expires_at = datetime.fromtimestamp(int(expires), tz=now().tzinfo)
        if fits and len(known["challenge"]) == 64 and known["salt"].isascii() and known["signature"].isascii():
            return Solution(Payload(**known), voter, expires_at)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError, RecursionError, Base64Error):
        pass
    raise ProofRefused(f"{NOT_SOLVED}: it cannot be read.")
