import pytest

from arena.releases.number_rules import number_spans
from arena.releases.private_spans import PrivateKind, plain

EMAIL, PHONE, CARD, IP, NUMBER = (
    PrivateKind.EMAIL,
    PrivateKind.PHONE,
    PrivateKind.CARD,
    PrivateKind.IP,
    PrivateKind.RESIDENT_NUMBER,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x@y.zz", EMAIL),
        ("jo.doe＠example．org", EMAIL),
        ("jo (at) example (dot) org", EMAIL),
        ("메일은jo@example.org입니다", EMAIL),
        ("(212) 555-0142", PHONE),
        ("212.555.0142x17", PHONE),
        ("06 12 34 56 78", PHONE),
        ("612 345 678", PHONE),
        ("０１０-１２３４-５６７８", PHONE),
        ("010–1234–5678", PHONE),
        ("4111 1111 1111 1111", CARD),
        ("3782-822463-10005", CARD),
        ("900101-1234567", NUMBER),
        ("900101-1******", NUMBER),
        ("078-05-1120", NUMBER),
        ("ab 12 34 56 c", NUMBER),
        ("住所は192.168.10.7です", IP),
        ("2001:db8::ff00:42:8329", IP),
        ("00:1b:44:11:3a:b7", IP),
    ],
)
def test_what_tells_who_somebody_is(text: str, kind: PrivateKind):
    assert kind in {span.kind for span in number_spans(plain(text))}


@pytest.mark.parametrize(
    "text",
    [
        "in 1914-1918 and 1939-1945",
        "on 2024-05-01 12:30:00",
        "am 24.12.2023 um 18:00",
        "pi is 3.14159265358979",
        "1,234,567.89 dollars, 1 000 000 euros, 12.500.000 Stück",
        "1 2 3 4 5 6 7 8 9 10",
        "0 1 1 0 1 0 0 1",
        "std::vector<int> a::b at 10:20:30",
        "version 3.11, chapter 12-14",
        "100000000 is a round number",
        "a@b in matrices, and an @mention",
        "x = 12 / 4 - 3 * 56",
    ],
)
def test_usual_numbers_are_left_alone(text: str):
    assert [text[span.start : span.end] for span in number_spans(plain(text))] == []
