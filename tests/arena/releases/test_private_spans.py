import pytest

from arena.releases.private_spans import PrivateKind, PrivateSpan, plain


@pytest.mark.parametrize(
    "text",
    ["０１０－１２３４", "ｊｏ＠ｅｘ．ｏｒｇ", "٠١٢٣", "a\u00a0b\u200bc", "½ ﬁ ㈜ 김", "\U0001f469\u200d\U0001f467"],
)
def test_a_plain_text_has_the_same_places(text: str):
    assert len(plain(text)) == len(text)


def test_wide_and_foreign_digits_are_plain_ones():
    assert plain("０１０－１２３４ ٠١٢٣ a\u00a0b—c") == "010-1234 0123 a b-c"


def test_spans_touch_where_they_share_a_letter():
    span = PrivateSpan(2, 5, PrivateKind.NAME)
    assert [span.touches(*place) for place in ((0, 2), (0, 3), (4, 9), (5, 9))] == [False, True, True, False]
