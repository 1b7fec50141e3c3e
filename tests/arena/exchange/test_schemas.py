"""The columns by which the field publishes votes."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from arena.db.session import Database
from arena.exchange.exports import VoteExport
from arena.exchange.schemas import SCHEMAS
from arena.votes.running_tallies import RunningTallies
from leaderboard import Tallies, read_votes

Enter = Callable[..., None]


KINDS = ("csv", "jsonl", "parquet")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_published_schema_comes_back_as_the_same_votes(
    database: Database, recorded: list[int], tmp_path: Path, schema: str, kind: str
):
    path = tmp_path / f"votes.{kind}"
    VoteExport(database, schema=schema).write(path, kind=kind)
    if (schema, kind) == ("fastchat", "csv"):
        return  # a log in a table keeps its names as JSON texts; nobody publishes it so
    back = Tallies.from_votes(read_votes(path))
    with database.reading() as session:
        ours = RunningTallies().read(session).among(back.contenders).counts
    merged = schema in {"55k", "comparia"}  # these know no "both bad"
    if merged:
        ours = np.concatenate([ours[:, :, :2], ours[:, :, 2:3] + ours[:, :, 3:], 0 * ours[:, :, 3:]], axis=2)
    assert (back.counts == ours).all()
    assert back.num_votes == len(recorded)


def test_the_140k_schema_has_the_metadata_that_style_control_reads(
    database: Database, recorded: list[int], tmp_path: Path
):
    VoteExport(database, schema="140k").write(tmp_path / "votes.jsonl", kind="jsonl")
    first = json.loads((tmp_path / "votes.jsonl").read_text().splitlines()[0])
    metadata = first["conv_metadata"]
    assert metadata["turns"] == 2
    assert metadata["header_count_a"] == dict.fromkeys([f"h{level}" for level in range(1, 7)], 0)
    assert metadata["sum_assistant_a_tokens"] > 0
    assert first["conversation_a"][0] == {"role": "user", "content": [{"type": "text", "text": "=1+1"}]}
    assert first["full_conversation"][1]["model_side_b"]["content"][0]["text"].startswith("two answers")
    assert (first["is_code"], first["winner"]) == (False, "model_a")
