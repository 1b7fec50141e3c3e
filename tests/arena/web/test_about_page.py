"""The page that says how the arena works."""

import httpx

from arena.web.texts import say


def test_voters_are_told_where_conversations_are_published(board: httpx.Client, http: httpx.Client):
    for path, words in (("/about", say("about.published.heading")), ("/", say("battle.prompt_hint_published"))):
        assert words in board.get(path).text
        assert words not in http.get(path).text
