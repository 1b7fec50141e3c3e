"""One file a language: forms, values, markup, and what is wrong with a file."""

from pathlib import Path

import pytest

from arena.web.texts import catalogue, say
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


def test_a_file_is_read_with_its_sentences_on_one_line(tmp_path: Path):
    (tmp_path / "xx.toml").write_text('plural = "n != 1"\n[a.b]\nlong = """\nOne line\nand another."""\n')
    spoken = Catalogue.read(tmp_path / "xx.toml")
    assert (spoken.language, spoken.sentences) == ("xx", {"a.b.long": "One line and another."})
    (tmp_path / "xx.toml").write_text("[a]\nnumber = 5\n")
    with pytest.raises(ValueError, match=r"`a\.number` is neither a text nor a list of texts"):
        Catalogue.read(tmp_path / "xx.toml")


def test_a_sentence_without_its_value_is_a_bug_and_not_a_gap():
    with pytest.raises(KeyError):
        say("status.voted")
    with pytest.raises(KeyError):
        say("common.votes")
    assert catalogue().language == "en"
