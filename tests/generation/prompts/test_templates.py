"""A chat template may be written out, lie in a file or belong to a checkpoint; what was read is kept as text."""

import json
from pathlib import Path

import pytest

from generation.conversation import Message
from generation.errors import BadInput
from generation.prompts.templates import read_template, template_format

TINY = Path(__file__).parents[3] / "arena/demo/tiny-alpaca"
BARE = "{{ bos_token }}{% for message in messages %}<{{ message.role }}>{{ message.content }}{% endfor %}"
HELLO = [Message("user", "Hello")]


def test_a_template_is_told_from_a_name_by_its_braces(tmp_path: Path):
    file = tmp_path / "bare.jinja"
    file.write_text(BARE)
    assert read_template(BARE) == read_template(str(file))
    written = template_format(str(file))
    assert written is not None
    assert written.render(HELLO, written.tokens) == "<s><user>Hello"
    assert written.for_completion(HELLO) == "<user>Hello"  # its server adds the first token


def test_the_template_of_a_checkpoint_brings_its_special_tokens(tmp_path: Path):
    (tmp_path / "chat_template.jinja").write_text(BARE)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"bos_token": {"content": "<bos>"}, "eos_token": "<e>"}))
    written = template_format(str(tmp_path))
    assert written is not None
    assert written.render(HELLO, written.tokens) == "<bos><user>Hello"
    assert written.end_of_reply(written.tokens) == "<e>"
    other = template_format(str(tmp_path), bos_token="[B]")
    assert other is not None
    assert other.render(HELLO, other.tokens) == "[B]<user>Hello"


def test_the_template_of_our_own_checkpoint_is_the_one_that_it_was_trained_with():
    from generation.prompts import prompt_format

    found, trained = template_format(str(TINY)), prompt_format("alpaca")
    assert found is not None
    assert found.render(HELLO, found.tokens) == trained.render(HELLO, found.tokens)


def test_without_a_template_there_is_no_format():
    assert template_format(None) is None
    assert template_format("") is None


def test_a_template_may_refuse_some_conversations():
    assert read_template("{{ raise_exception('two turns, please') }}")


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("no/such.jinja", "no/such.jinja cannot be read"),
        ("alpaca", "“alpaca” is no Jinja text, no file that ends in .jinja, and no folder of a checkpoint"),
        ("{% for x %}", "is no Jinja: line 1"),
        ("{{ '" + "x" * 20_001 + "' }}", "more than 20000 characters"),
        (".", ". has no chat template"),
    ],
)
def test_what_cannot_be_read_is_said(told: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput) as raised:
        read_template(told)
    assert sentence in str(raised.value)
