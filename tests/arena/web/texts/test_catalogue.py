"""A catalogue of sentences: its forms, its values, and what is wrong with one."""

import pytest

from arena.web.texts.catalogue import Catalogue, faults


def of(**sentences: object) -> Catalogue:
    return Catalogue.of({"plural": "n != 1", **sentences}, language="xx")


@pytest.mark.parametrize(
    ("sentences", "fault"),
    [
        ({}, "`hello` is missing."),
        ({"hello": "Hallo {name}", "more": "Mehr"}, "`more` is no sentence of the pages."),
        ({"hello": "Hallo {nmae}"}, "`hello` has no value for {nmae}."),
        ({"hello": "Hallo"}, "`hello` leaves out {name}."),
        ({"hello": ["Hallo {name}", "Hallo {name}"]}, "`hello` is one text."),
        ({"hello": "Hallo <b>{name}</b>"}, "`hello` holds markup, but its key does not end in _html."),
    ],
)
def test_what_is_wrong_with_a_language_is_said(sentences: dict[str, object], fault: str):
    assert fault in faults(of(**sentences), of(hello="Hello {name}"))


def test_forms_and_tags_that_are_missing_are_said():
    reference = of(votes=["{count} vote", "{count} votes"], link_html='<a href="/x">here</a>')
    other = of(votes=["{count} Stimme"], link_html="hier")
    assert [fault.split(":")[0] for fault in faults(other, reference)] == [
        "`votes` has too few forms for the language's rule.",
        "`link_html` has other tags",
    ]


def test_a_language_has_the_forms_that_its_grammar_asks_for():
    polish = "n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2"
    spoken = Catalogue.of(
        {"plural": polish, "votes": ["{count} głos", "{count} głosy", "{count} głosów"]}, language="pl"
    )
    assert [spoken.say("votes", count=count) for count in (1, 2, 5, 12, 22)] == [
        *("1 głos", "2 głosy", "5 głosów", "12 głosów", "22 głosy"),
    ]
    assert faults(spoken, of(votes=["{count} vote", "{count} votes"])) == []
