"""The page that says how the arena works."""

import re

import httpx

from arena.web.texts import catalogue, say


def test_voters_are_told_where_conversations_are_published(board: httpx.Client, http: httpx.Client):
    for path, words in (("/about", say("about.published.heading")), ("/", say("battle.prompt_hint_published"))):
        assert words in board.get(path).text
        assert words not in http.get(path).text


def test_every_link_of_the_page_leads_somewhere(http: httpx.Client):
    texts = [
        text for key in catalogue().keys("about") if isinstance(text := catalogue().sentences[f"about.{key}"], str)
    ]
    links = re.findall(r'href="([^"]+)"', " ".join(texts))
    assert links
    assert {path: http.get(path).status_code for path in links} == dict.fromkeys(links, 200)
