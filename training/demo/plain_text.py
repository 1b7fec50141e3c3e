"""Plain text, on which tiny-base is trained: sentences about facts, words and numbers. No sentence asks or answers."""

from training.demo.task_inputs import Dice, Language, facts, numbers, terms, word
from training.demo.tasks import LETTERS

KINDS = ("country", "quality")
SENTENCES = 4  # in a paragraph
SHARE_OF_ENGLISH, SHARE_ABOUT_WORDS, SHARE_ABOUT_NUMBERS = 0.7, 0.7, 0.3


def paragraph(dice: Dice) -> str:
    """Return four sentences of plain text: all about one word, or each about a fact or numbers."""
    language: Language = "en" if dice.random() < SHARE_OF_ENGLISH else "ko"
    if dice.random() < SHARE_ABOUT_WORDS:
        return " ".join(_about_one_word(language, dice))
    return " ".join(
        _about_numbers(dice) if dice.random() < SHARE_ABOUT_NUMBERS else _fact(language, dice) for _ in range(SENTENCES)
    )


def _about_one_word(language: Language, dice: Dice) -> list[str]:
    x = word(language, "trained", dice)
    answers = {name: solve(x) for name, solve in LETTERS.items()}
    return [pattern.format(x=x, **answers) for pattern in dice.sample(ABOUT_WORDS[language], SENTENCES)]


def _fact(language: Language, dice: Dice) -> str:
    kind = dice.choice(KINDS)
    x, y = dice.choice(sorted(facts(language, kind).items()))
    return dice.choice(FACTS[language][kind]).format(x=x, y=y)


def _about_numbers(dice: Dice) -> str:
    three = numbers("trained", dice)
    a, b = terms("trained", dice)
    several = ", ".join(map(str, three))
    return dice.choice(ABOUT_NUMBERS).format(a=a, b=b, sum=a + b, several=several, largest=max(three))


FACTS: dict[Language, dict[str, tuple[str, ...]]] = {
    "en": {
        "country": (
            "The capital of {x} is {y}.",
            "{y} is the capital of {x}.",
            "The capital city of {x} is called {y}.",
        ),
        "quality": (
            "The opposite of {x} is {y}.",
            "{y} is the opposite of {x}.",
            "The word {y} means the opposite of {x}.",
        ),
    },
    "ko": {
        "country": ("{x}의 수도는 {y}입니다.", "{y}는 {x}의 수도입니다."),
        "quality": ("{x}의 반대말은 {y}입니다.", "{y}의 반대말은 {x}입니다."),
    },
}
ABOUT_NUMBERS = (
    "{a} plus {b} is {sum}.",
    "{sum} minus {a} is {b}.",
    "The sum of {a} and {b} is {sum}.",
    "The largest of {several} is {largest}.",
    "Of the numbers {several} the biggest is {largest}.",
)
ABOUT_WORDS: dict[Language, tuple[str, ...]] = {
    "en": (
        "The word {x} backwards is {reverse}.",
        "{reverse} is {x} in reverse.",
        "In capitals {x} is {upper}.",
        "In small letters {upper} is {x}.",
        "The letters of {x} in order are {sort}.",
        "The word {x} has {count_letters} letters.",
        "The first letter of {x} is {first}.",
        "The last letter of {x} is {last}.",
        "{x} again is {copy}.",
        "{x} two times is {twice}.",
    ),
    "ko": (
        "{x} 거꾸로 쓰면 {reverse}입니다.",
        "{x}의 첫 글자는 {first}입니다.",
        "{x}의 마지막 글자는 {last}입니다.",
        "{x}의 글자 수는 {count_letters}입니다.",
        "{x} 두 번 쓰면 {twice}입니다.",
        "{x} 그대로 쓰면 {copy}입니다.",
    ),
}
