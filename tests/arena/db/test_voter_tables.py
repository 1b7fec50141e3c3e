"""The database itself keeps what the quotas rest on."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from arena.db.session import Database
from arena.db.table import Table
from arena.db.voter_tables import KeyUse, SecretKey, UsedProof

TODAY, NOW = date(2026, 11, 1), datetime(2026, 11, 1, 9, tzinfo=UTC)


def twice(table: type[Table], **values: object) -> list[Table]:
    return [table(**values) for _ in range(2)]


@pytest.mark.parametrize(
    "rows",
    [
        twice(SecretKey, use=KeyUse.NETWORK, day=TODAY, secret="00"),
        twice(UsedProof, challenge="ab", voter_key="v", expires_at=NOW, checked="passed"),
    ],
    ids=["one key for each use and day", "one use of a proof"],
)
def test_the_database_refuses_a_second(database: Database, rows: list[Table]):
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add_all(rows)
