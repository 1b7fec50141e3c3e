"""Labels: the kind of battle that a vote was cast on, and the style of each side's answers.

A label is written in the vote's own transaction. So tallies are kept by slice, and style control need not read texts.
`relabel` corrects labels that the present rules would set differently, and moves their votes between the tallies.
"""

from dataclasses import asdict, dataclass, replace

from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.db import tallies
from arena.db.queries import next_voted_battles
from arena.db.session import Database, Session
from arena.db.states import SIDES
from arena.db.tables import Battle, Label
from arena.votes import queries
from arena.votes.answer_style import FEATURES, style_of
from arena.votes.prompt_labels import category_of, language_of

ONE_TURN, SEVERAL_TURNS = "one turn", "several turns"
MODES = (ONE_TURN, SEVERAL_TURNS)


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of a battle. Its first prompt decides category and language, the number of turns the mode."""

    category: str
    language: str
    mode: str


def kind_of(battle: Battle) -> Kind:
    """Return the kind of a battle with its turns."""
    prompt = battle.turns[0].prompt
    mode = ONE_TURN if len(battle.turns) == 1 else SEVERAL_TURNS
    return Kind(category=category_of(prompt), language=language_of(prompt), mode=mode)


def label(session: Session, battle: Battle) -> int:
    """Write the label of a battle whose turns and replies are loaded, or update it; return the id of its slice."""
    slice_id = queries.slice_id(session, **asdict(kind_of(battle)))
    row = battle.label or Label(battle_id=battle.id)
    row.slice_id = slice_id
    for side in SIDES:
        style = style_of(turn.current(side).text for turn in battle.turns)
        for feature in FEATURES:
            setattr(row, f"{feature}_{side}", getattr(style, feature))
    session.add(row)
    return slice_id


def relabel(database: Database) -> int:
    """Label all votes by the present rules; return how many labels changed. Voters wait for one batch at most."""
    changed = last = 0
    while True:
        with database.writing() as session:
            tallies.lock(session)
            battles = next_voted_battles(session, last)
            if not battles:
                return changed
            here = sum(_relabel(session, battle) for battle in battles)
            last = battles[-1].id
            if here:
                record(session, Act.LABELS_CHANGED, details={"votes": here})
            changed += here


def _relabel(session: Session, battle: Battle) -> bool:
    assert battle.vote
    if not battle.turns[0].prompt:
        return False  # its texts were erased, so its label is all that is known
    before = battle.label.slice_id if battle.label else tallies.UNLABELLED
    known = battle.label is not None
    after = label(session, battle)
    if before != after and not battle.vote.excluded:
        delta = tallies.Delta.of(battle, battle.vote, slice_id=after)
        tallies.add(session, [replace(delta, slice_id=before, count=-1), delta])
    return not known or before != after
