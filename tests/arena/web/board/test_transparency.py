"""The page that says what the ratings leave out."""

import httpx


def test_the_transparency_page_counts_what_was_left_out(board: httpx.Client):
    page = board.get("/leaderboard/transparency").text
    for shown in ("2 votes", "a test", "1 contender was registered and never let into battles", "An owner"):
        assert shown in page
