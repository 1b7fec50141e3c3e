"""The page that shows the same votes by every other method."""

import httpx


def test_the_board_in_depth_explains_every_column(board: httpx.Client):
    page = board.get("/leaderboard/depth").text
    assert page.count("<dt>Rao–Kupper</dt>") == 1
    assert "1 voter on 3 different first prompts" in page
    # One voter: errors by voter are not shown, and those by prompt say of how many prompts.
    assert "of 1 voter" not in page
    assert "of 3 prompts" in page
    rows = board.get("/api/leaderboard/depth").json()["rows"]
    assert {row["contender"] for row in rows} == {"alpaca-7b", "llama-7b", "gpt"}
