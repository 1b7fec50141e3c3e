"""Presidio itself, where it is installed (`pip install 'alpaca-arena[release]'`)."""

import socket
from importlib.util import find_spec
from typing import Any

import pytest

from arena.releases.presidio_detector import PresidioPatterns
from arena.releases.private_spans import PrivateKind

# Not imported to find out: spaCy comes with it, which takes up to a minute.
pytestmark = pytest.mark.skipif(find_spec("presidio_analyzer") is None, reason="needs the extra `release`")


@pytest.fixture(scope="module")
def presidio() -> PresidioPatterns:
    return PresidioPatterns()


@pytest.mark.slow  # spaCy takes half a minute to import
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to jo@example.org", PrivateKind.EMAIL),
        ("전화는 010-1234-5678", PrivateKind.PHONE),
        ("call (212) 555-0142", PrivateKind.PHONE),
        ("4111 1111 1111 1111", PrivateKind.CARD),
        ("from 192.168.1.20", PrivateKind.IP),
        ("DE89 3704 0044 0532 0130 00", PrivateKind.OTHER),
        ("서울특별시 강남구 테헤란로 152", PrivateKind.ADDRESS),
        ("담당은 김민수 씨", PrivateKind.NAME),
    ],
)
def test_presidio_finds_what_it_is_asked_for_without_a_network(
    presidio: PresidioPatterns, text: str, kind: PrivateKind, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: Any) -> None:
        raise AssertionError("it asks another machine")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert kind in {span.kind for span in presidio.find(text)}


@pytest.mark.slow
def test_presidio_leaves_usual_texts_alone(presidio: PresidioPatterns):
    assert presidio.find("Explain how a bridge carries its load. 오늘 날씨가 좋다.") == []
