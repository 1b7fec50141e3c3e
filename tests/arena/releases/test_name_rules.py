import pytest

from arena.releases.name_rules import name_spans


@pytest.mark.parametrize(
    "text",
    [
        "my name is aurelia",
        "a letter to Aurelia Windermere-Quill, please",
        "I met Mark King yesterday",
        "Dear Ms Oduya, thank you",
        "von Wiebke Tannhauser",
        "Hier, Solène d'Arcourt a appelé",
        "con Ildefonso de la Vega",
        "김민수 씨",
        "박서준입니다",
        "제 이름은 남궁민이에요",
        "김 부장님께",
        "佐藤さくらと申します",
        "田中様",
        "我叫王小红",
        "李经理说",
    ],
)
def test_names_are_found(text: str):
    assert [*name_spans(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Explain how a bridge carries its load.",
        "The United States and New York, in May and June",
        "Write Python code for Machine Learning",
        "The Earth moves round the Sun. It takes a year.",
        "Der Hund läuft über die Straße.",
        "Die Lösung der Aufgabe ist einfach.",
        "Le chat dort sur la table.",
        "El perro corre por la calle.",
        "오늘 날씨가 좋아서 공원에 갔다.",
        "이야기를 한국어로 정리해 주세요.",
        "이 문장을 짧게 고쳐 줘.",
        "お客様の声を大切にします。",
        "今日は天気がいいです。",
        "今天天气很好，我们去公园。",
    ],
)
def test_other_texts_are_left_alone(text: str):
    assert [text[span.start : span.end] for span in name_spans(text)] == []
