"""Evaluation prompts are found in a data set, word for word or nearly, in English and Korean."""

import json
from pathlib import Path

import pytest

from generation.candidates.decontamination import Contamination, Overlap, PromptSet, read_prompt_set
from generation.dataset import Example
from generation.errors import BadInput

THIRTEEN = "one morning the old clock maker of the harbour town found every clock stopped"
EIGHT = "please rewrite the second stanza of this sea"
ENGLISH = PromptSet(
    "ours",
    (
        "Compose a travel blog post about a recent trip to Hawaii.",
        f"Continue the story: {THIRTEEN}. What had happened to them during the night, and who noticed first?",
        f"As an editor of verse with forty years behind you, {EIGHT} shanty so that it has no adjectives left in it.",
    ),
)
KOREAN = PromptSet("한국어", ("제주도 여행에 대한 블로그 글을 작성해 주세요.",))
PROMPTS = Contamination([ENGLISH, KOREAN])


@pytest.mark.parametrize(
    "example",
    [
        Example("Compose a travel blog post about a recent trip to Hawaii."),
        Example("COMPOSE a travel blog post about a recent trip to Maui!"),
        Example("Compose a travel blog post", "about a recent trip to Hawaii"),
    ],
)
def test_a_near_duplicate_of_a_prompt_contaminates(example: Example):
    finding = PROMPTS.find(example)
    assert finding
    assert (finding.kind, finding.prompt_set, finding.prompt) == ("near_duplicate", "ours", ENGLISH.prompts[0])
    assert finding.score is not None
    assert finding.score > 0.7
    assert finding.contaminates


def test_a_politer_korean_prompt_is_a_near_duplicate():
    finding = PROMPTS.find(Example("제주도 여행에 대한 블로그 글을 작성하세요."))
    assert finding
    assert finding.prompt_set == "한국어"


@pytest.mark.parametrize("field", ["instruction", "input", "output"])
def test_thirteen_shared_words_contaminate_in_any_field(field: str):
    texts = {"instruction": "Tell me a story.", field: f"It is said that {THIRTEEN.title()}, all at once."}
    assert PROMPTS.find(Example(**texts)) == Overlap("13_words", "ours", ENGLISH.prompts[1])


def test_eight_shared_words_only_deserve_a_look():
    finding = PROMPTS.find(Example("Help me.", "", f"Then {EIGHT} poem."))
    assert finding == Overlap("8_words", "ours", ENGLISH.prompts[2])
    assert not finding.contaminates


@pytest.mark.parametrize(
    "example",
    [
        Example("Compose a poem about rain."),
        Example("Tell me a story.", "", THIRTEEN.rsplit(" ", 7)[0]),
        Example("제주도 여행에 대한 블로그 글을 번역하고 틀린 곳을 고친 뒤에 짧게 요약하세요."),
        Example("부산 여행 경비를 계산하는 표를 작성해 주세요."),
    ],
)
def test_a_text_of_its_own_is_clean(example: Example):
    assert PROMPTS.find(example) is None


def test_the_report_counts_by_prompt_set_and_identifies_what_was_checked_against():
    examples = [Example(ENGLISH.prompts[0]), Example(KOREAN.prompts[0]), Example("Add."), Example("", "", EIGHT)]
    report = PROMPTS.report([PROMPTS.find(example) for example in examples], dropped=2)
    assert (report.rows, report.dropped) == (4, 2)
    assert report.contaminated == {"ours": 1, "한국어": 1}
    assert report.noteworthy == {"ours": 1}
    assert [(each["name"], each["prompts"]) for each in report.prompt_sets] == [("ours", 3), ("한국어", 1)]
    assert len({each["sha256"] for each in report.prompt_sets}) == 2
    assert json.loads(json.dumps(report.as_row())) == report.as_row() | {"prompt_sets": list(report.prompt_sets)}


def test_prompts_are_read_from_the_shapes_in_which_benchmarks_come(tmp_path: Path):
    path = tmp_path / "bench.jsonl"
    rows = [
        {"question_id": 1, "turns": ["First?", "Second?"]},
        {"prompt": "Third?"},
        {"question": "Fourth?"},
        {"text": "Fifth?"},
        {"instruction": "Sixth?"},
        {"instruction": "Seventh", "input": "7"},
        {"instruction": "Eighth", "instances": [{"input": "8", "output": "x"}, {"input": ""}]},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    prompts = (
        "First?",
        "Second?",
        "Third?",
        "Fourth?",
        "Fifth?",
        "Sixth?",
        "Seventh",
        "Seventh\n7",
        "Eighth",
        "Eighth\n8",
    )
    assert read_prompt_set(path) == PromptSet("bench", prompts)


def test_rows_without_a_prompt_are_named(tmp_path: Path):
    path = tmp_path / "bench.jsonl"
    path.write_text('{"prompt": "a"}\n{"label": 1}\n{"turns": []}')
    with pytest.raises(BadInput) as raised:
        read_prompt_set(path)
    assert raised.value.faults == ("row 2: no prompt", "row 3: no prompt")
