"""Texts are said in the language of the request."""

import pytest

from arena.web.texts import in_language, say, word
from arena.web.texts.catalogue import COUNT, MARKUP, Catalogue


def test_another_language_is_spoken_for_a_while_and_values_are_escaped_in_markup():
    other = Catalogue.of(
        {
            "plural": "n != 1",
            "common": {"votes": ["{count} Stimme", "{count} Stimmen"]},
            "link_html": "<b>{name}</b>",
        },
        language="xx",
    )
    with in_language(other):
        assert say("common.votes", count=1) == "1 Stimme"
        assert say("link_html", name="<i>") == "<b>&lt;i&gt;</b>"
        assert word("categories", "code") == "code"
        with pytest.raises(KeyError):
            say("pages.battle")
    assert say("common.votes", count=2) == "2 votes"
    assert MARKUP == "_html"
    assert COUNT == "count"
