"""The pages of snapshots."""

import httpx

from tests.arena.web.board_arena import NUM_VOTES
from tests.arena.web.served_arena import ServedArena


def test_a_snapshot_has_an_address_for_ever(board: httpx.Client, board_arena: tuple[ServedArena, str]):
    id_ = board_arena[1]
    page = board.get(f"/leaderboard/{id_}")
    assert page.status_code == 200
    assert f"@misc{{arena-{id_}," in page.text
    assert "R\\&amp;D" in page.text
    assert id_ in board.get("/leaderboard/snapshots").text
    assert board.get("/api/snapshots").json()[0]["id"] == id_
    whole = board.get(f"/api/snapshots/{id_}").json()
    assert whole["standings"]["votes"] == whole["num_votes"] == NUM_VOTES
    assert board.get("/api/snapshots/nosuchid").status_code == 404
    assert whole["method"] in board.get("/leaderboard/method").text
