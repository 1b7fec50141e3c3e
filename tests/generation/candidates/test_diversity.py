"""Which verb and object are found in an instruction."""

import pytest

from generation.candidates.diversity import Action, find_action, measure_diversity
from generation.seed_tasks import load_seed_tasks


@pytest.mark.parametrize(
    ("instruction", "verb", "noun"),
    [
        ("Write a short story about a lighthouse.", "write", "story"),
        ("Please list five countries in Africa", "list", "country"),
        ("Given a set of numbers, find all possible subsets that sum to 7.", "find", "subset"),
        ("Can you suggest me some funny novels?", "suggest", "novel"),
        ("Rewrite the following 50-word sentences using the passive voice.", "rewrite", "sentence"),
        ("Explain how rainbows form.", "explain", None),
        ("Come up with a slogan for a bakery.", "come", "slogan"),
        ("Name a species that lives underground", "name", "species"),
    ],
)
def test_an_english_instruction_is_read_by_its_first_imperative(instruction: str, verb: str, noun: str | None):
    assert find_action(instruction) == Action(verb, noun)


@pytest.mark.parametrize(
    ("instruction", "verb", "noun"),
    [
        ("글을 한 문장으로 요약하세요.", "요약하다", "글"),
        ("짧은 감사 편지를 써 주세요.", "쓰다", "편지"),
        ("표를 JSON으로 바꿔줘", "바꾸다", "표"),
        ("알맞은 조사를 골라 주십시오.", "고르다", "조사"),
        ("아기 이름을 세 개 지으세요.", "짓다", "이름"),
        ("풀이 과정을 보여 주세요.", "보이다", "과정"),
        ("느낌이 더 센 말을 만드십시오.", "만들다", "말"),
        ("두 문장의 차이를 설명하라.", "설명하다", "차이"),
        ("회의 내용을 정리해 줄 수 있나요?", "정리하다", "내용"),
        ("비가 옵니다. 순서를 알려 주세요. 뜻은 바꾸지 않습니다.", "알리다", "순서"),
        ("동생에게 책을 읽으라고 권하는 글을 지어 보세요.", "짓다", "글"),
    ],
)
def test_a_korean_instruction_is_read_by_its_final_predicate(instruction: str, verb: str, noun: str):
    assert find_action(instruction) == Action(verb, noun)


@pytest.mark.parametrize("question", ["Which celebrity is this?", "한국에서는 왜 미역국을 먹나요?", "", "2 + 2 = ?"])
def test_a_plain_question_has_no_verb_to_count(question: str):
    assert find_action(question) is None


def test_a_verb_is_found_in_most_of_our_seed_tasks():
    for language, share in (("en", 0.75), ("ko", 0.95)):
        diversity = measure_diversity(task.instruction for task in load_seed_tasks(language))
        assert diversity.with_verb >= share * diversity.instructions


def test_the_most_frequent_verbs_come_with_their_most_frequent_nouns():
    diversity = measure_diversity(
        ["Write a poem.", "Write a poem.", "Write a letter.", "Write!", "Sort the list.", "Why?"], verbs=1, nouns=1
    )
    assert (diversity.instructions, diversity.with_verb, diversity.with_noun) == (6, 5, 4)
    assert diversity.verbs == {"write": 4}
    assert diversity.nouns == {"write": {"poem": 2}}
