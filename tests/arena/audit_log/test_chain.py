import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from arena.audit_log.chain import START, ChainReader, Link, canonical, link_of
from arena.db.audit_tables import AuditEntry
from leaderboard import Verdict


def test_canonical_json_is_the_same_whatever_the_order_and_kind_of_the_values():
    value = {"b": Verdict.A, "a": {"z", "y"}, "path": Path("x/y"), "limit": float("inf"), "text": "ü\0\udc80"}
    assert canonical(value) == canonical(dict(reversed(value.items())))
    assert canonical(value) == '{"a":["y","z"],"b":"a","limit":"inf","path":"x/y","text":"ü\ufffd?"}'


def test_the_hash_of_a_row_can_be_computed_with_nothing_but_json_and_sha256():
    """As the documentation tells it to people who do not trust this program."""
    row = AuditEntry(
        number=1,
        at=datetime(2026, 11, 29, 8, 0, tzinfo=UTC),
        act="price_changed",
        public=True,
        subject="ünal",
        origin="arena contenders sync",
        details='{"from":1}',
        salt="s",
        who="ann",
        withheld="{}",
        withheld_salt="w",
        previous=START,
    )

    def digest(value: object) -> str:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    by_hand = digest(
        {
            "number": 1,
            "at": "2026-11-29T08:00:00.000000+00:00",
            "act": "price_changed",
            "public": True,
            "content_sha256": digest(["s", "ünal", "arena contenders sync", '{"from":1}']),
            "withheld_sha256": digest(["w", "ann", "{}"]),
            "previous": "0" * 64,
        }
    )
    assert link_of(row).sha256 == by_hand


def links(count: int) -> list[Link]:
    chain: list[Link] = []
    for number in range(1, count + 1):
        previous = chain[-1].sha256 if chain else START
        chain.append(Link(number, "now", "act", True, "content", "withheld", previous))
    return chain


def read(chain: list[tuple[Link, str]]) -> list[str]:
    reader = ChainReader()
    return [fault for link, sha256 in chain for fault in reader.faults(link, sha256)]


def test_a_reader_goes_along_a_whole_chain_without_a_fault():
    reader, chain = ChainReader(), links(3)
    assert not [fault for link in chain for fault in reader.faults(link, link.sha256)]
    assert (reader.count, reader.head) == (3, chain[-1].sha256)


def test_a_reader_names_the_rows_that_are_wrong():
    chain = [(link, link.sha256) for link in links(4)]
    assert read([chain[0], chain[3]])[0] == "rows 2 to 3 are missing"
    assert read([chain[0], chain[1], chain[1]])[0] == "row 2 stands after row 2"
    assert "row 2 is not what was recorded: its hash is another" in read([chain[0], (chain[1][0], "0" * 64), chain[2]])
