"""A script tells Korean from English, however many English names a Korean text has."""

import unicodedata

import pytest

from generation.languages import LANGUAGES, WritingSystem, script_shares, written_in

SAMPLES = {
    "en": "It has been raining since morning.",
    "ko": "아침부터 비가 내리고 있다.",
    "ja": "朝からずっと雨が降っている。",
    "zh": "从早上开始一直在下雨。",
    "ru": "Дождь идёт с утра.",
    "ar": "إنها تمطر منذ الصباح.",
    "hi": "सुबह से बारिश हो रही है।",
    "el": "Βρέχει από το πρωί.",
    "he": "יורד גשם מאז הבוקר.",
    "th": "ฝนตกตั้งแต่เช้า",
}


@pytest.mark.parametrize("language", SAMPLES)
def test_a_text_is_in_its_language_and_in_no_other_script(language: str):
    found = [other for other in SAMPLES if written_in(SAMPLES[language], other)]
    assert found == [language]


@pytest.mark.parametrize(
    "text",
    [
        "Python의 list comprehension을 설명하세요.",
        "GPT-4 API와 REST API를 비교하세요.",
        "다음 code를 고치세요: `for i in range(10): print(i)`",
        "https://example.org/a/very/long/address/of/a/page 를 여세요",
    ],
)
def test_korean_with_latin_names_is_korean(text: str):
    assert written_in(text, "ko")


def test_decomposed_korean_is_korean():
    assert written_in(unicodedata.normalize("NFD", SAMPLES["ko"]), "ko")


def test_a_korean_word_does_not_make_an_english_text_korean():
    text = "The word 김치 is the Korean name of a dish of salted and fermented vegetables, eaten at every meal."
    assert written_in(text, "en")
    assert written_in(text, "ko") is False


@pytest.mark.parametrize("text", ["", "42", "!?", "`print(1)`", "```\nx = 1\n```", "🙂"])
def test_without_letters_nothing_can_be_told(text: str):
    assert script_shares(text) == {}
    assert all(written_in(text, language) is None for language in LANGUAGES)


def test_shares_sum_to_one_and_begin_with_the_greatest():
    shares = script_shares("서울 Seoul")
    assert list(shares) == [WritingSystem.HANGUL, WritingSystem.LATIN]
    assert shares == {WritingSystem.HANGUL: pytest.approx(6 / 11), WritingSystem.LATIN: pytest.approx(5 / 11)}


def test_an_unknown_language_is_refused_with_those_that_are_known():
    with pytest.raises(ValueError, match="`tlh` is none of the languages known by their script: en"):
        written_in("nuqneH", "tlh")
