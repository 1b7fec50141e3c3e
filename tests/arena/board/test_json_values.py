import json

from arena.board.json_values import board_values
from arena.board.observations import observe
from arena.board.rows import rows_of
from arena.board.standings import StandingsView
from arena.db.session import Database


def test_only_rows_that_are_shown_are_written(view: StandingsView, filled: Database):
    rows = [row for row in rows_of(view, observe(filled)) if row.facts.slug in {"gpt", "nobody"}]
    whole = json.loads(json.dumps(board_values(view, rows, {"licence": "MIT"}), allow_nan=False))
    assert [rating["contender"] for rating in whole["ratings"]] == ["gpt"]
    assert whole["unrated"] == ["nobody"]
    assert whole["selection"] == {"licence": "MIT"}
    assert whole["ratings"][0]["label"] == "=GPT"
    assert whole["votes"] == 36  # those that the ratings rest on, whatever is shown
