from enum import StrEnum

import pytest

from arena.db.states import BattleStatus, Checked, ContenderStatus, Held, ReplyStatus
from arena.db.tables import Battle, Contender, Reply, Vote, Voter
from arena.db.voter_tables import KeyUse, SecretKey

COLUMNS = [
    (BattleStatus, Battle.status),
    (ReplyStatus, Reply.status),
    (ContenderStatus, Contender.status),
    (Checked, Battle.proof),
    (Checked, Vote.checked),
    (Held, Vote.held),
    (Held, Voter.held),
    (KeyUse, SecretKey.use),
]


@pytest.mark.parametrize(("kind", "column"), COLUMNS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_every_word_fits_its_column(kind: type[StrEnum], column: object):
    assert max(map(len, kind)) <= column.type.length  # type: ignore[attr-defined]
