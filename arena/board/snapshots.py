"""Snapshots: standings frozen with everything that is needed to compute them again, byte for byte.

A snapshot holds its votes (as tallies, and with the style of their answers), its settings, and the standings that these
give. The standings are canonical JSON: sorted keys, no blanks, and figures rounded to a millionth, since processors add
numbers in different orders. Nothing here changes or deletes a snapshot, and the database refuses to do so.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import leaderboard
from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.board import first_sentences, queries
from arena.board.method import METHOD
from arena.clock import now
from arena.db.queries import ranked_contenders
from arena.db.session import Database
from arena.db.tables import Snapshot
from arena.errors import UnknownSnapshot
from arena.version import program_version
from arena.votes.running_tallies import RunningTallies
from arena.votes.style_votes import StyleVotes, sha256
from leaderboard import Tallies, rank
from leaderboard.verdict import VERDICTS

LEVEL = 0.95
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of computing a snapshot's standings again.

    Attributes:
        snapshot: the snapshot.
        standings: the standings that its votes and settings give now, in canonical JSON.
        votes_intact: whether its votes still have the hash that they had when it was taken.
    """

    snapshot: Snapshot
    standings: str
    votes_intact: bool

    @property
    def identical(self) -> bool:
        """Whether the votes are intact and the standings are the same, byte for byte."""
        return self.votes_intact and self.standings == self.snapshot.standings


class Snapshots:
    """The snapshots of an arena. The rows that methods return are detached from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self) -> Snapshot:
        """Freeze the standings as they are now.

        Raises:
            DatabaseUnavailable: the votes cannot be read, or the snapshot not be written.
        """
        with self._database.reading() as session:
            tallies = RunningTallies().read(session)
            slugs = [contender.slug for contender in ranked_contenders(session)]
            style_votes = StyleVotes.read(session).pack()
        text = tallies_text(tallies)
        settings = {"level": LEVEL, "contenders": slugs, "style_votes_sha256": sha256(style_votes)}
        row = Snapshot(
            id=_random_word(),
            taken_at=now(),
            method=METHOD,
            settings=settings,
            code_version=code_version(),
            votes_sha256=sha256(text.encode()),
            num_votes=tallies.num_votes,
            tallies=text,
            standings=standings_text(text, settings, style_votes, method=METHOD),
            style_votes=style_votes,
        )
        with self._database.writing() as session:
            session.add(row)
            record(
                session,
                Act.SNAPSHOT_TAKEN,
                row.id,
                details={
                    "votes": row.num_votes,
                    "votes_sha256": row.votes_sha256,
                    "method": row.method,
                    "code_version": row.code_version,
                },
            )
        return row

    def get(self, id_: str) -> Snapshot:
        """Return one snapshot.

        Raises:
            UnknownSnapshot: there is none with this id.
        """
        with self._database.reading() as session:
            row = session.get(Snapshot, id_)
        if row is None:
            raise UnknownSnapshot(f"There is no snapshot `{id_}`.", hint="`arena leaderboard snapshots` lists them.")
        return row

    def list(self) -> Sequence[Snapshot]:
        """Return all snapshots, the newest first, without their tallies and standings."""
        with self._database.reading() as session:
            return queries.all_snapshots(session)

    def replay(self, id_: str) -> Replay:
        """Compute a snapshot's standings again, from the votes and settings that it holds.

        Raises:
            UnknownSnapshot: there is none with this id.
        """
        row = self.get(id_)
        intact = sha256(row.tallies.encode()) == row.votes_sha256
        if row.style_votes is not None:
            intact = intact and sha256(row.style_votes) == row.settings["style_votes_sha256"]
        again = standings_text(row.tallies, row.settings, row.style_votes, method=row.method)
        return Replay(row, again, votes_intact=intact)


def tallies_text(tallies: Tallies) -> str:
    """Return tallies as canonical JSON: the contenders with votes, and rows of [left, right, count a verdict…]."""
    met = np.flatnonzero(tallies.counted.battles.sum(axis=1))
    sorted_ = tallies.among(sorted(tallies.contenders[place] for place in met))
    left, right = np.nonzero(sorted_.counts.sum(axis=2))
    rows = [[i, j, *sorted_.counts[i, j].tolist()] for i, j in zip(left.tolist(), right.tolist(), strict=True)]
    return canonical({"contenders": sorted_.contenders, "verdicts": VERDICTS, "counts": rows})


def standings_text(tallies: str, settings: dict[str, Any], style_votes: bytes | None, *, method: str) -> str:
    """Return the standings that tallies, settings and votes with style give, as canonical JSON."""
    stored = json.loads(tallies)
    names = stored["contenders"]
    counts = Tallies.from_counts(
        (names[left], names[right], verdict, count)
        for left, right, *cells in stored["counts"]
        for verdict, count in zip(stored["verdicts"], cells, strict=True)
    )
    ranking = rank(counts, contenders=settings["contenders"], level=settings["level"])
    # The first methods froze notes as sentences; later ones freeze them as data.
    in_sentences = method in first_sentences.METHODS
    standings = first_sentences.with_first_sentences(ranking) if in_sentences else ranking.to_dict()
    if style_votes is not None:  # method 1 has none
        standings["style"] = _style(StyleVotes.unpack(style_votes))
    return canonical(standings)


def _style(votes: StyleVotes) -> dict[str, Any] | None:
    """Return ratings at equal style with their errors, by contender, and what each feature of style adds."""
    fit = votes.fit()
    if fit is None:
        return None
    columns = (fit.controlled.contenders, fit.controlled.ratings.tolist(), fit.controlled.errors.tolist())
    return {
        "votes": len(votes),
        "ratings": {name: {"rating": rating, "error": error} for name, rating, error in zip(*columns, strict=True)},
        "shifts": {name: asdict(shift) for name, shift in fit.shift.items()},
        "coefficients": {name: asdict(effect) for name, effect in fit.coefficients.items()},
    } | ({"unidentified": fit.unidentified} if fit.unidentified else {})


def canonical(value: object) -> str:
    """Return `value` as JSON that is the same on every machine, byte for byte."""
    return json.dumps(_rounded(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def code_version() -> str:
    """Return this program's version and a hash of the code that computes ratings."""
    sources = sorted(Path(leaderboard.__file__).parent.glob("*.py"))
    code = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources))
    return f"{program_version()}+{code.hexdigest()[:12]}"


def identity(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot's id, time, settings, code and hash, as plain values."""
    names = ("id", "taken_at", "num_votes", "method", "settings", "code_version", "votes_sha256")
    return {name: getattr(snapshot, name) for name in names} | {"taken_at": snapshot.taken_at.isoformat()}


def content(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot as plain values, with its votes and its standings."""
    held = {"tallies": json.loads(snapshot.tallies), "standings": json.loads(snapshot.standings)}
    return identity(snapshot) | held


def bibtex(snapshot: Snapshot, *, title: str) -> str:
    """Return the entry by which a paper cites a snapshot of the arena called `title`."""
    votes = f"{snapshot.num_votes} votes, votes sha256 {snapshot.votes_sha256}"
    return "\n".join(
        [
            f"@misc{{arena-{snapshot.id},",
            f"  title = {{{{{_tex(title)}}}: standings of {snapshot.taken_at:%Y-%m-%d}, snapshot {snapshot.id}}},",
            f"  year = {{{snapshot.taken_at:%Y}}},",
            f"  month = {snapshot.taken_at:%b},".lower(),
            f"  note = {{{votes}, method {snapshot.method}, code {snapshot.code_version}}},",
            "}",
        ]
    )


def _rounded(value: object) -> object:
    match value:
        case float():
            return round(value, DIGITS) + 0.0  # never minus zero
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case list() | tuple():
            return [_rounded(item) for item in value]
    return value


def _random_word() -> str:
    """Return one of 41 million words that can be said on the phone, such as `tobikadu`."""
    return "".join(secrets.choice("bdfghjklmnprstvz") + secrets.choice("aeiou") for _ in range(4))


def _tex(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "&%$#_{}" else letter for letter in text if letter not in "\\~^")
