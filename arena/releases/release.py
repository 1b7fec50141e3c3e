"""Releases: folders of votes, and of texts whose voters allow it, made to be given to everybody.

A release holds the votes that count, without those of private contenders. It holds the texts of a battle if its voter
publishes them, the terms of both contenders allow it, no person held them back, and no detector suspects anything. What
is withdrawn after a release is not in the next one, whose list of changes counts it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.board.method import METHOD
from arena.board.snapshots import code_version
from arena.clock import now
from arena.contenders.lineage import known
from arena.db.queries import all_contenders
from arena.db.release_tables import Release
from arena.db.session import Database, Session
from arena.db.states import ContenderStatus
from arena.db.tables import Battle
from arena.errors import BadConfiguration
from arena.exchange.queries import battles_to_publish, publishable_numbers
from arena.exchange.random_ids import RandomIds, new_label
from arena.releases import queries
from arena.releases.card import card_text, changes_text
from arena.releases.private_spans import PrivateDetector
from arena.releases.release_board import board_of, board_settings
from arena.releases.release_files import (
    BOARD,
    CARD,
    CHANGES,
    COLUMNS,
    MANIFEST,
    Row,
    RowWriter,
    new_folder,
    put_in_place,
    sha256_of,
    write_json,
)
from arena.releases.screening import Screening
from arena.releases.terms import ContenderTerms, terms_for
from arena.voters.queries import withdrawn_since
from leaderboard import Verdict

NAME = re.compile(r"[\w][\w.-]{0,63}")
WINNERS = {Verdict.A: "model_a", Verdict.B: "model_b", Verdict.TIE: "tie", Verdict.BOTH_BAD: "both_bad"}
PRIVATE = "votes: a contender is private"
NO_CONSENT = "texts: their voter does not publish them"
TERMS = "texts: the terms of a contender, or the operator, leave its answers out"
HELD = "texts: a person held them back"
SUSPECTED = "texts: personal data was suspected"


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """What a release is to be.

    Attributes:
        title: the name of the arena.
        kind: the kind of its files, "jsonl" or "parquet".
        licence: that of votes and prompts.
        without: slugs of contenders whose answers are left out.
    """

    title: str
    kind: str = "jsonl"
    licence: str = "cc-by-4.0"
    without: Sequence[str] = ()


@dataclass(slots=True)
class _Made:
    """What was written so far."""

    battles: dict[int, bool] = field(default_factory=dict)  # whether with its texts
    voters: set[int] = field(default_factory=set)
    contenders: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)


class Releases:
    """Makes releases.

    Args:
        database: where the votes are.
        detectors: look for personal data in the texts; one suspicion drops a conversation.
        key: the operator's, by which random ids can be traced.
        tell: is told now and then how many battles are done, and of how many.
    """

    def __init__(
        self,
        database: Database,
        detectors: Sequence[PrivateDetector],
        *,
        key: bytes,
        tell: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> None:
        self._database = database
        self._detectors = detectors
        self._key = key
        self._tell = tell

    def make(self, folder: Path, order: ReleaseOrder) -> dict[str, Any]:
        """Write a release, which appears whole or not at all, and return its manifest. Its name is the folder's.

        Raises:
            BadConfiguration: the folder is there, its name is none or taken, or `without` names nobody.
            DatabaseUnavailable: the votes cannot be read; there is no folder.
            OSError: the folder cannot be written.
        """
        if not NAME.fullmatch(folder.name):
            raise BadConfiguration(f"`{folder.name}` is no name for a release.", hint="Letters, digits, dots, hyphens.")
        with new_folder(folder) as new:
            manifest, made = self._write(new, folder.name, order)
            row = Release(
                name=folder.name,
                made_at=datetime.fromisoformat(manifest["made_at"]),
                label=manifest["label"],
                num_votes=len(made.battles),
                num_texts=sum(made.battles.values()),
            )
            with self._database.writing() as session:
                queries.add_release(session, row, made.battles)
                counts = {"votes": row.num_votes, "texts": row.num_texts}
                record(session, Act.RELEASE_MADE, row.name, details=counts)
                put_in_place(new, folder)  # the last thing that can fail, but for the commit
        return manifest

    def _write(self, new: Path, name: str, order: ReleaseOrder) -> tuple[dict[str, Any], _Made]:
        label, moment, made = new_label(), now(), _Made()
        ids = RandomIds.of(self._key, label)
        screening = Screening(self._detectors)
        with self._database.reading() as session:
            if queries.release_named(session, name):
                raise BadConfiguration(f"There was a release `{name}` already.", hint="Take another name.")
            rows = all_contenders(session)
            terms = terms_for(rows, known(rows), without=order.without)
            _refuse_unknown(order.without, [*terms, *(row.name for row in rows)])
            private = {row.slug for row in rows if row.status is ContenderStatus.CANDIDATE}
            self._write_tables(session, new, order.kind, ids, screening, made, terms, private)
            changes = _changes(session, made)
        settings = board_settings(sorted(made.contenders))
        (new / BOARD).write_text(board_of(new, settings, method=METHOD), encoding="utf-8")
        left_out = {reason: count for reason, count in made.left_out.items() if count}
        manifest: dict[str, Any] = {
            "name": name,
            "title": order.title,
            "licence": order.licence,
            "made_at": moment.isoformat(),
            "label": label,
            "counts": {
                "votes": len(made.battles),
                "texts": sum(made.battles.values()),
                "voters": len(made.voters),
                "contenders": len(made.contenders),
            },
            "tables": {table: f"{table}.{order.kind}" for table in COLUMNS},
            "left_out": left_out,
            "screening": {
                "detectors": [detector.name for detector in self._detectors],
                "seen": screening.seen,
                "dropped": screening.dropped,
                "by_kind": {kind.value: count for kind, count in sorted(screening.by_kind.items(), key=_most_first)},
                "by_detector": dict(screening.by_detector),
            },
            "contenders": [asdict(terms[slug]) for slug in sorted(made.contenders)],
            "board": {"method": METHOD, "settings": settings, "code_version": code_version()},
            "changes": changes,
        }
        (new / CARD).write_text(card_text(manifest), encoding="utf-8")
        (new / CHANGES).write_text(changes_text(manifest), encoding="utf-8")
        manifest["files"] = {path.name: sha256_of(path) for path in sorted(new.iterdir())}
        write_json(new / MANIFEST, manifest)
        return manifest, made

    def _write_tables(
        self,
        session: Session,
        new: Path,
        kind: str,
        ids: RandomIds,
        screening: Screening,
        made: _Made,
        terms: Mapping[str, ContenderTerms],
        private: set[str],
    ) -> None:
        numbers = ids.shuffled(publishable_numbers(session, with_excluded=False))
        held = queries.held_texts(session)
        with ExitStack() as ending:
            votes, texts = (
                ending.enter_context(RowWriter(new / f"{table}.{kind}", columns)) for table, columns in COLUMNS.items()
            )
            done = 0
            for battles, permitted in battles_to_publish(session, numbers):
                for battle in battles:
                    slugs = (battle.contender_a.slug, battle.contender_b.slug)
                    if private & {*slugs}:
                        made.left_out[PRIVATE] += 1
                        continue
                    reason = _kept_back(battle, permitted, held, [terms[slug] for slug in slugs], screening)
                    if reason:
                        made.left_out[reason] += 1
                    else:
                        texts.add(_text_row(battle, ids))
                    votes.add(_vote_row(battle, ids, with_text=not reason))
                    made.battles[battle.id] = not reason
                    made.voters.add(battle.voter_id)
                    made.contenders |= {*slugs}
                done += len(battles)
                self._tell(done, len(numbers))


def _kept_back(
    battle: Battle, permitted: set[int], held: set[int], terms: Iterable[ContenderTerms], screening: Screening
) -> str:
    """Return why the texts of a battle are not released; empty if they are."""
    if battle.id not in permitted:
        return NO_CONSENT
    if any(one.left_out for one in terms):
        return TERMS
    if battle.id in held:
        return HELD
    said = (text for turn in battle.turns for text in (turn.prompt, turn.current("a").text, turn.current("b").text))
    return "" if screening.passes(said) else SUSPECTED


def _vote_row(battle: Battle, ids: RandomIds, *, with_text: bool) -> Row:
    vote, slice_ = battle.vote, battle.label.slice if battle.label else None
    assert vote
    return {
        "id": str(ids.battle(battle.id)),
        "voter": ids.voter(vote.voter_id),
        "day": vote.cast_at.date().isoformat(),
        "model_a": battle.contender_a.slug,
        "model_b": battle.contender_b.slug,
        "winner": WINNERS[vote.verdict],
        "category": slice_.category if slice_ else "",
        "language": slice_.language if slice_ else "",
        "turns": len(battle.turns),
        "text": with_text,
    }


def _text_row(battle: Battle, ids: RandomIds) -> Row:
    turns = [
        {"prompt": turn.prompt, "reply_a": turn.current("a").text, "reply_b": turn.current("b").text}
        for turn in battle.turns
    ]
    return {"id": str(ids.battle(battle.id)), "turns": turns}


def _changes(session: Session, made: _Made) -> dict[str, Any]:
    """Return what differs from the release before, with the reasons of what was removed."""
    former = queries.newest_release(session)
    if former is None:
        return {"since": ""}
    before = queries.battles_of(session, former.name)
    gone = {one.battle: one.what for one in withdrawn_since(session, former.made_at)}

    def removed(battles: Iterable[int]) -> dict[str, int]:
        words = {"erased": "erased by their voter", "vote": "use withdrawn by their voter"}
        words |= {"text": "publication withdrawn by their voter", "expired": "kept long enough"}
        return dict(
            Counter(words.get(gone.get(battle, ""), "excluded, suspected or left out now") for battle in battles)
        )

    texts_before, texts_now = ({battle for battle, text in one.items() if text} for one in (before, made.battles))
    return {
        "since": former.name,
        "votes": {
            "added": len(made.battles.keys() - before.keys()),
            "removed": removed(before.keys() - made.battles.keys()),
        },
        "texts": {"added": len(texts_now - texts_before), "removed": removed(texts_before - texts_now)},
    }


def _most_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def _refuse_unknown(without: Sequence[str], slugs: Iterable[str]) -> None:
    known_slugs = {*slugs}
    if unknown := [slug for slug in without if slug not in known_slugs]:
        named = ", ".join(f"`{slug}`" for slug in unknown)
        raise BadConfiguration(f"There is no contender {named}.", hint="See `arena contenders list`.")


def releases_of(database: Database) -> Sequence[Release]:
    """Return the releases that an arena made, the newest first."""
    with database.reading() as session:
        return queries.all_releases(session)
