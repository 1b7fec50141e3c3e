"""Bytes of a stream into the data of its events, however they are cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.backends.events import MAX_EVENT_BYTES, ServerSentEvents
from generation.errors import NotAStream, TooLong


def events(*chunks: bytes) -> list[str]:
    stream = ServerSentEvents()
    return [*(event for chunk in chunks for event in stream.feed(chunk)), *stream.end()]


STREAM = (
    ': hello\r\nid: 1\r\ndata: {"a":\r\ndata:"é"}\r\n\r\n\r\nevent: x\ndata:  two\n\nretry: 5\rdata: 3\r\rdata: last\n'
)


@given(st.lists(st.integers(0, len(STREAM.encode()))))
def test_events_do_not_depend_on_where_the_network_cuts_them(cuts: list[int]):
    data = STREAM.encode()
    edges = [0, *sorted(cuts), len(data)]
    chunks = [data[start:end] for start, end in itertools.pairwise(edges)]
    assert events(*chunks) == ['{"a":\n"é"}', " two", "3", "last"]


def test_a_line_cut_in_the_middle_is_dropped():
    assert events(b'data: 1\n\ndata: {"hal') == ["1"]


def test_events_before_a_fault_come_first():
    stream = ServerSentEvents()
    feed = stream.feed(b"data: fine\n\ndata: \xff\n\n")
    assert next(feed) == "fine"
    with pytest.raises(UnicodeDecodeError):
        next(feed)


@pytest.mark.parametrize("body", [b"<html>\n</html>", b'{"error": 1}', b"Bad Gateway\n", b'error: {"code": 5}\n'])
def test_what_is_no_event_stream_is_refused(body: bytes):
    with pytest.raises(NotAStream):
        events(body)


@pytest.mark.parametrize("chunk", [b"x" * 4096, b"data: " + b"x" * 4096 + b"\n"])
def test_an_event_without_end_is_refused(chunk: bytes):
    with pytest.raises(TooLong):
        events(b"data: ", *[chunk] * (MAX_EVENT_BYTES // len(chunk) + 2))
