import pytest

from arena.votes.prompt_labels import CATEGORIES, LANGUAGES, category_of, language_of


@pytest.mark.parametrize(
    ("prompt", "category"),
    [
        ("Write a Python function that sorts a list", "code"),
        ("파이썬으로 함수를 작성해 줘", "code"),
        ("Solve 3x + 4 = 19", "maths"),
        ("What is the probability of two sixes?", "maths"),
        ("Translate this into French: good morning", "translation"),
        ("이 글을 요약해 주세요", "summary"),
        ("Write a poem about the sea", "writing"),
        ("Should I learn the piano?", "advice"),
        ("What is the capital of Italy?", "knowledge"),
        ("Can you tell a llama from an alpaca?", "general"),
        ("", "general"),
    ],
)
def test_a_prompt_has_one_category(prompt: str, category: str):
    assert category_of(prompt) == category
    assert category in CATEGORIES


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("What is the capital of Italy?", "English"),
        ("Wie spät ist es und was kann ich tun?", "German"),
        ("Quelle est la capitale de la France et pourquoi ?", "French"),
        ("¿Qué hora es en la ciudad de México?", "Spanish"),
        ("Python으로 정렬 함수를 작성해 줘", "Korean"),
        ("日本の首都はどこですか", "Japanese"),
        ("中国的首都是哪里", "Chinese"),
        ("Какая столица Италии?", "Cyrillic script"),
        ("3 + 4 = ?", "unknown"),
        ("Solve", "unknown"),
    ],
)
def test_a_prompt_has_a_language_or_none_that_can_be_told(prompt: str, language: str):
    assert language_of(prompt) == language
    assert language in LANGUAGES
