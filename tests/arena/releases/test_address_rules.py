import pytest

from arena.releases.address_rules import address_spans


@pytest.mark.parametrize(
    "text",
    [
        "12 Baker Street",
        "1600 Pennsylvania Ave NW",
        "P.O. Box 417",
        "SW1A 1AA",
        "Springfield, IL 62701",
        "Lindenallee 4",
        "Am Markt 12",
        "80331 München",
        "3 bis, rue de la Paix",
        "Calle de Alcalá, 45",
        "via Garibaldi 7",
        "서울특별시 강남구 테헤란로 152",
        "역삼동 123-4",
        "101동 1203호",
        "東京都千代田区丸の内1-9-1",
        "〒100-0005",
        "北京市朝阳区建国路88号",
    ],
)
def test_addresses_are_found(text: str):
    assert [*address_spans(f"... {text} ...")]


@pytest.mark.parametrize(
    "text",
    [
        "How many streets are there in a town of 500?",
        "Die Straße ist lang.",
        "가로 80 세로 110",
        "비가 오면 10분 늦는다",
        "그러므로 4가 답이다",
        "la calle es larga",
        "道は長い",
    ],
)
def test_other_texts_are_left_alone(text: str):
    assert [text[span.start : span.end] for span in address_spans(text)] == []
