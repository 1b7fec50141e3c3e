"""HTML from templates: values are escaped, and none may be missing."""

import json

import pytest
from bs4 import BeautifulSoup
from jinja2 import UndefinedError

from arena.web.rendering import macro, render, with_code
from arena.web.texts import catalogue, in_language
from arena.web.texts.catalogue import Catalogue

HARM = "<script>alert(1)</script>"


def test_values_are_shown_as_text():
    masthead = render("masthead.html", arena_title=HARM, here="/")
    assert HARM not in masthead
    assert "&lt;script&gt;" in masthead
    assert HARM not in macro("dock.html", "chips")(HARM, [HARM])


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError, match="arena_title"):
        render("masthead.html", here="/")


def test_only_what_stands_in_backticks_becomes_code():
    assert with_code("Set `a<b` & go") == "Set <code>a&lt;b</code> &amp; go"
    assert with_code("One ` alone") == "One ` alone"


def test_a_macro_speaks_the_language_of_its_call():
    saving = macro("dock.html", "saving")
    sentences = {**catalogue().sentences, "battle.saving": "Wird gespeichert"}
    with in_language(Catalogue("de", sentences, catalogue().form_of)):
        assert "Wird gespeichert" in saving()
    assert "Wird gespeichert" not in saving()


def test_scripts_get_their_sentences_as_json_within_an_attribute():
    sentences = {**catalogue().sentences, "scripts.plot_loading": "\"'<&"}
    with in_language(Catalogue("xx", sentences, catalogue().form_of)):
        head = render("head.html", file=dict.fromkeys(["/arena.css", "/arena.js", "/proof.js"], ""))
    words = BeautifulSoup(head, "html.parser").find("meta", attrs={"name": "arena-words"})
    assert words
    assert json.loads(str(words["content"]))["plot_loading"] == "\"'<&"
