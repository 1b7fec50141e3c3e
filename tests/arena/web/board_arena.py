"""An arena whose board has something to show: three contenders, votes of two days, a snapshot."""

from dataclasses import replace
from datetime import timedelta

from arena.board.snapshots import Snapshots
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.votes.exclusions import VoteExclusions
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import MORNING, Ballot, record

NUM_VOTES = 36
PROMPTS = ("Solve 1 + 1", "Write a poem for the queen", "Hello")


def fill(database: Database) -> str:
    """Fill an empty database; return the id of a snapshot of it."""
    with database.writing() as session:
        for slug, label, licence in (
            ("alpaca-7b", "Alpaca-7B", "CC BY-NC 4.0"),
            ("llama-7b", "LLaMA & <i>7B</i>", "Llama licence"),
            ("gpt", "=GPT", "proprietary"),
            ("nobody", "Nobody yet", "MIT"),
            ("hidden", "A private variant", ""),
        ):
            contender = scripted(slug)
            contender.label, contender.licence, contender.owner = label, licence, "An owner"
            contender.family = "LLaMA" if slug.endswith("7b") else ""
            contender.base = "llama-7b" if slug == "alpaca-7b" else ""
            contender.status = ContenderStatus.CANDIDATE if slug == "hidden" else ContenderStatus.ACTIVE
            session.add(contender)
    pairs = [("alpaca-7b", "llama-7b"), ("gpt", "alpaca-7b"), ("llama-7b", "gpt")]
    ballots = [Ballot(*pair, verdict, prompts=(prompt,)) for pair in pairs for verdict in Verdict for prompt in PROMPTS]
    ballots += [replace(ballot, at=MORNING + timedelta(days=1)) for ballot in ballots[:2]]
    ids = record(database, *ballots)
    VoteExclusions(database).exclude(battles=ids[-2:], reason="a test")
    return Snapshots(database).take().id
