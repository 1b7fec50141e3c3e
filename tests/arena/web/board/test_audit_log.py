import json
from pathlib import Path

import httpx

from arena.audit_log.verification import verify_file
from arena.web.board.audit_log import in_short


def test_the_page_and_the_transparency_page_show_head_and_rows(board: httpx.Client):
    page = board.get("/leaderboard/audit-log").text
    lines = [json.loads(line) for line in board.get("/api/audit-log.jsonl").text.splitlines()]
    assert lines
    assert lines[-1]["sha256"] in page
    assert "snapshot taken" in page
    assert lines[-1]["sha256"] in board.get("/leaderboard/transparency").text
    assert "Nothing was recorded yet." in board.get("/leaderboard/audit-log?before=1").text
    assert board.get("/leaderboard/audit-log?before=zebra").status_code == 200


def test_the_file_verifies_on_its_own(board: httpx.Client, tmp_path: Path):
    path = tmp_path / "audit-log.jsonl"
    path.write_bytes(board.get("/api/audit-log.jsonl").content)
    assert verify_file(path).is_sound


def test_details_are_told_in_one_line():
    details = {
        "reason": "bought",
        "changed": {"label": ["A", "B"], "price": [None, 2]},
        "also_changed": [],
        "on": False,
    }
    assert in_short(details) == "reason: bought; changed: label A → B, price – → 2; on: False"
    assert in_short({"languages": ["ko", "en"], "prices": {"input": 1}}) == "languages: ko, en; prices: input 1"
    assert len(in_short({"long": "x" * 1000})) == 400
