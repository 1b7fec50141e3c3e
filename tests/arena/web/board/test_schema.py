"""The JSON keeps to the schema that is served beside it."""

import httpx

from arena.web.board.schema import SCHEMA


def test_the_json_keeps_to_its_schema(board: httpx.Client):
    whole = board.get("/api/leaderboard").json()
    assert board.get("/api/leaderboard/schema").json() == SCHEMA
    assert set(whole) == set(SCHEMA["properties"])
    fields = SCHEMA["properties"]["ratings"]["items"]["properties"]
    kinds = {"string": str, "number": int | float, "integer": int, "null": type(None), "array": list}
    for row in whole["ratings"]:
        assert set(row) == set(fields)
        for name, value in row.items():
            allowed = fields[name]["type"]
            assert any(isinstance(value, kinds[kind]) for kind in ([allowed] if isinstance(allowed, str) else allowed))
