"""Export of preferences: votes as pairs of a chosen and a rejected reply, for training the next contender.

A vote becomes a pair if it is decisive and counts, if both sides answered the same conversation, if the terms of both
contenders allow it, and if its voter allows that the texts are published. The manifest counts the votes that were left
out, by reason, and names the votes by a hash.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.board.queries import snapshot_of
from arena.board.snapshots import tallies_text
from arena.db.queries import voted_battles
from arena.db.session import Database, Session
from arena.db.tables import Battle
from arena.exchange.past_battles import is_flagged
from arena.exchange.random_ids import RandomIds, ids_for
from arena.voters.queries import texts_permitted
from arena.votes.running_tallies import RunningTallies
from generation.dataset import Artefact, Manifest, Row, write_jsonl
from generation.splits import is_held_out
from leaderboard import Verdict

HELD_OUT = 0.1  # share of the prompts


@dataclass(frozen=True, slots=True)
class PreferenceReport:
    """The number of pairs that an export wrote, and of votes that it left out, by reason."""

    num_pairs: int
    left_out: dict[str, int]


class PreferenceExport:
    """Writes the votes as of one moment as preferences. With the operator's `key` the battles can be traced."""

    def __init__(self, database: Database, *, key: bytes | None = None) -> None:
        self._database = database
        self._key = key

    def write(self, path: Path) -> PreferenceReport:
        """Write a JSONL file of `prompt`, `chosen` and `rejected`, each a list of messages, with its manifest.

        `split` is "test" for prompts that are held out. A hash of the prompt decides, so no prompt is in both splits.

        Raises:
            DatabaseUnavailable: the votes cannot be read; an earlier file stays as it was.
            OSError: the file cannot be written.
        """
        left_out: Counter[str] = Counter()
        contenders: dict[str, str] = {}
        ids = ids_for(self._database, "preferences", key=self._key)
        with self._database.reading() as session:
            num_pairs = write_jsonl(path, _pairs(session, ids, left_out, contenders))
            votes = hashlib.sha256(tallies_text(RunningTallies().read(session)).encode()).hexdigest()
            snapshot = snapshot_of(session, votes_sha256=votes)
        artefacts = [Artefact(f"replies of {slug}", licence) for slug, licence in sorted(contenders.items())]
        Manifest.of(
            path,
            rows=num_pairs,
            format="preference",
            generator={"votes_sha256": votes, "snapshot": snapshot or ""},
            rejected=dict(left_out),
            artefacts=tuple(artefacts),
        ).write_beside(path)
        with self._database.writing() as session:
            record(session, Act.VOTES_EXPORTED, details={"format": "preference", "pairs": num_pairs})
        return PreferenceReport(num_pairs, dict(left_out))


def _pairs(session: Session, ids: RandomIds, left_out: Counter[str], contenders: dict[str, str]) -> Iterator[Row]:
    for battles in voted_battles(session):
        permitted = texts_permitted(session, [battle.id for battle in battles])
        for battle in battles:
            if reason := _unfit(battle, permitted=battle.id in permitted):
                left_out[reason] += 1
                continue
            for contender in (battle.contender_a, battle.contender_b):
                contenders[contender.slug] = contender.licence or "not recorded"
            yield _pair(battle, ids)


def _unfit(battle: Battle, *, permitted: bool) -> str:
    """Return the reason why a vote gives no pair; empty if it gives one."""
    assert battle.vote is not None
    if battle.vote.excluded:
        return "excluded"
    if is_flagged(battle):
        return "flagged by moderation"
    if battle.vote.verdict not in (Verdict.A, Verdict.B):
        return "not decisive"
    if battle.contender_a.restrictions or battle.contender_b.restrictions:
        return "a contender's terms"
    if not permitted:
        return "no consent to publish"
    *earlier, last = battle.turns
    if any(turn.current("a").text != turn.current("b").text for turn in earlier):
        # A verdict is about all turns, and replies after different conversations cannot be compared.
        return "different histories"
    if last.current("a").text == last.current("b").text:
        return "equal replies"
    return ""


def _pair(battle: Battle, ids: RandomIds) -> Row:
    assert battle.vote is not None
    *earlier, last = battle.turns
    better, worse = ("a", "b") if battle.vote.verdict is Verdict.A else ("b", "a")
    history: list[dict[str, Any]] = []
    for turn in earlier:
        history += [_message("user", turn.prompt), _message("assistant", turn.current("a").text)]
    return {
        "prompt": [*history, _message("user", last.prompt)],
        "chosen": [_message("assistant", last.current(better).text)],
        "rejected": [_message("assistant", last.current(worse).text)],
        "split": "test" if is_held_out(battle.turns[0].prompt, share=HELD_OUT) else "train",
        "battle": ids.battle(battle.id),
    }


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}
