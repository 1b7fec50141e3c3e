"""Bytes become JSON texts, whether they are an event stream or one body."""

import json

import pytest

from generation.backends.wire import MAX_BODY_BYTES, AnswerTexts
from generation.errors import NotAStream, TooLong

MARK = b"\xef\xbb\xbf"


def texts(*chunks: bytes) -> list[str]:
    wire = AnswerTexts()
    return [text for chunk in chunks for text in wire.feed(chunk)] + [*wire.end()]


@pytest.mark.parametrize(
    "content", [b'{"a": "1"}', b'data: {"a": "1"}\n\n', b' \n{"a": "1"}\n', b': hi\ndata: {"a": "1"}\n\n']
)
@pytest.mark.parametrize("mark", [b"", MARK])
def test_the_first_byte_tells_a_body_from_a_stream_wherever_it_is_cut(content: bytes, mark: bytes):
    for cut in range(len(mark + content)):
        found = texts((mark + content)[:cut], (mark + content)[cut:])
        assert [json.loads(text) for text in found] == [{"a": "1"}]


def test_json_on_every_line_names_the_other_address():
    with pytest.raises(NotAStream) as fault:
        texts(b'{"message": 1}\n{"done": true}\n')
    assert "/v1" in str(fault.value.hint)


def test_a_body_without_end_is_too_long():
    with pytest.raises(TooLong):
        texts(b"{", b" " * MAX_BODY_BYTES)


def test_a_web_page_is_neither():
    with pytest.raises(NotAStream):
        texts(b"<!doctype html>\n<p>Log in")


def test_nothing_is_nothing():
    assert texts(b"", b" \n") == []
