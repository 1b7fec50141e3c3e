import pytest

from arena.battles.names import Names, core_of
from arena.db.tables import Contender

OKAPI = Contender(
    slug="okapi-7b", label="Okapi 7B Chat", family="", organisation="Zoolab Inc.", aliases=["오카피", "Окапи"]
)


def found(text: str, asked: str = "") -> list[str]:
    return [text[name.start : name.end] for name in Names(OKAPI, asked=asked).find(text)]


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("Okapi 7B Chat", "Okapi"),
        ("The Okapi-7b-instruct", "Okapi"),
        ("meta-llama/Llama-3.1-8B", "meta llama Llama"),
        ("Zoolab Research GmbH", "Zoolab"),
        ("Stanford University", "Stanford"),
        ("Chat 7B", ""),
    ],
)
def test_a_name_without_what_any_name_may_have(name: str, core: str):
    assert core_of(name) == core


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("okapi, OKAPI and Okapi-7b", ["okapi", "OKAPI", "Okapi-7b"]),
        ("I am Okapi 7B Chat.", ["Okapi 7B Chat"]),
        ("okapis and okapiform", []),
        ("由Zoolab开发", ["Zoolab"]),
        ("저는 오카피입니다", ["오카피"]),
        ("도오카피", []),
        ("Меня зовут Окапи, а сделал Окапика", ["Окапи", "Окапика"]),
        ("GPT-4o mini and Claude 3.5 Sonnet", ["GPT-4o mini", "Claude 3.5 Sonnet"]),
        ("solar and Solar", ["Solar"]),
        ("Meta meta META", ["Meta", "META"]),
        ("드라마와 라마", ["라마"]),
        ("Chat GPT, ChatGPT", ["Chat GPT", "ChatGPT"]),
    ],
)
def test_names_are_found_as_whole_words_in_any_script(text: str, names: list[str]):
    assert found(text) == names


def test_what_the_voter_wrote_is_not_looked_for():
    assert found("Okapi by Zoolab", asked="What is an okapi?") == ["Zoolab"]
    assert found("Llama and Alpaca", asked="Can you tell a llama from an alpaca?") == []
    assert found("Okapi", asked="Two okapis, please") == []


def test_whose_a_name_is_and_whether_it_goes_on():
    text = "Okapi and Zoolab and Claude Monet and Claude Opus"
    names = Names(OKAPI, asked="").find(text)
    assert [(name.own, name.shared, name.goes_on) for name in names] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (False, False, False),
    ]
