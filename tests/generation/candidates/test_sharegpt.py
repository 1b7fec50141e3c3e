"""Conversations are cleaned without losing Korean, code or the last exchange, and every loss is counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.candidates.sharegpt import clean, html_to_markdown

PAGE = (
    '<div class="markdown prose"><p>Use <code>sum_of(a_b)</code>, not <strong>a*b</strong>, if 1 &lt; 2:</p>'
    '<pre><div class="bar"><span>python</span><button>Copy code</button></div><div>'
    '<code class="hljs language-python"><span class="k">def</span> <span>f</span>(x_1):\n'
    "    return x_1 * 2  <span># &lt;b&gt;</span>\n</code></div></pre>"
    "<ol><li>하나</li><li>둘<ul><li>깊이</li></ul></li></ol>"
    "<table><thead><tr><th>A</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table></div>"
)
MARKDOWN = """\
Use `sum_of(a_b)`, not **a*b**, if 1 < 2:

```python
def f(x_1):
    return x_1 * 2  # <b>
```

1. 하나
2. 둘
   - 깊이

| A |
| --- |
| 1 |"""


def talk(*said: str, first: str = "human", **rest: Any) -> dict[str, Any]:
    speakers = ["human", "gpt"] if first == "human" else ["gpt", "human"]
    return rest | {"conversations": [{"from": speakers[at % 2], "value": text} for at, text in enumerate(said)]}


def texts(row: dict[str, Any]) -> list[str]:
    return [turn["value"] for turn in row["conversations"]]


def test_a_page_becomes_markdown_and_its_code_keeps_language_and_indent():
    assert html_to_markdown(PAGE) == MARKDOWN


def test_code_with_backticks_gets_a_longer_fence():
    assert html_to_markdown("<pre><code>```\nx\n```</code></pre>") == "````\n```\nx\n```\n````"


def test_pages_are_found_in_replies_and_the_page_s_own_words_are_removed():
    cleaning = clean([talk("Hi", f"2 / 2{PAGE}Copy120 chars / 30 words")])
    assert texts(cleaning.rows[0]) == ["Hi", MARKDOWN]
    assert cleaning.mended == {"html_to_markdown": 1}


@pytest.mark.parametrize(
    "said",
    [
        ("Fix <div>a</div>", "Write `<p>` instead of <div>.\n\n```html\n<p>a</p>\n```"),
        ("<p>Why is this red?</p>", "It has snake_case and *stars* and 1 < 2 and &lt;."),
        ("What is 1 / 2?", "1 / 2 is a half."),
    ],
)
def test_markdown_and_prompts_stay_as_they_are(said: tuple[str, str]):
    cleaning = clean([talk(*said)])
    assert texts(cleaning.rows[0]) == list(said)
    assert not +cleaning.mended


def test_korean_is_kept_and_only_chosen_languages_are_left_out():
    rows = [talk("비가 오나요?", "네, 옵니다."), talk("Does it rain?", "Yes."), talk("Идёт дождь?", "Да, идёт.")]
    assert len(clean(rows).rows) == 3
    cleaning = clean(rows, languages=["en", "ko"])
    assert cleaning.rows == rows[:2]
    assert cleaning.dropped == {"other_language": 1}


def test_a_talk_without_letters_is_in_no_other_language():
    assert clean([talk("1+1?", "2")], languages=["ko"]).rows


def test_loose_ends_are_taken_off_and_counted():
    cleaning = clean([talk("Welcome.", "Hi", "Hello.", "And?", first="gpt")])
    assert cleaning.rows == [talk("Hi", "Hello.")]
    assert cleaning.mended == {"leading_reply": 1, "unanswered_prompt": 1}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": 1}, "malformed"),
        ({"conversations": "x"}, "malformed"),
        ({"conversations": [{"from": "human"}]}, "malformed"),
        ({"conversations": [{"from": "human", "value": None}]}, "malformed"),
        ({"conversations": []}, "no_exchange"),
        (talk("Hi"), "no_exchange"),
        (talk("Hi", "  "), "empty_turn"),
        (talk("Hi", "<p> </p>"), "empty_turn"),
        ({"conversations": [{"from": s, "value": "x"} for s in ("human", "human", "gpt")]}, "roles_out_of_order"),
        ({"conversations": [{"from": s, "value": "x"} for s in ("human", "tool", "gpt")]}, "roles_out_of_order"),
    ],
)
def test_an_unusable_conversation_is_counted_under_its_reason(row: dict[str, Any], reason: str):
    cleaning = clean([row, talk("Hi", "Hello.")])
    assert cleaning.rows == [talk("Hi", "Hello.")]
    assert +cleaning.dropped == {reason: 1}


def test_of_the_shares_of_one_conversation_the_longest_is_kept_in_place():
    short, long = talk("Hi", "Hello.", id="a"), talk("Hi", "Hello.", "More?", "Yes.", id="b")
    other, same_id = talk("Bye", "Bye.", id="c"), talk("Hm", "Hm.", "Hm?", "Hm!", id="c")
    cleaning = clean([short, other, long, same_id, short])
    assert cleaning.rows == [long, same_id]
    assert cleaning.dropped == {"duplicate": 3}


def test_a_long_conversation_is_split_between_exchanges_and_keeps_its_last():
    said = ["a" * 40, "b" * 40, "c" * 40, "d" * 40, "e" * 40, "f" * 40]
    row = talk(*said, id="x", source="ours")
    cleaning = clean([row], budget=200)
    assert [texts(part) for part in cleaning.rows] == [said[:4], said[4:]]
    assert [part["id"] for part in cleaning.rows] == ["x_0", "x_1"]
    assert all(part["source"] == "ours" for part in cleaning.rows)
    assert cleaning.mended == {"split": 1}


def test_the_system_prompt_goes_with_every_part():
    row = talk("a" * 10, "b" * 10, "c" * 10, "d" * 10)
    row["conversations"].insert(0, {"from": "system", "value": "Be brief."})
    cleaning = clean([row], budget=30)
    assert [texts(part)[0] for part in cleaning.rows] == ["Be brief.", "Be brief."]
    assert [texts(part)[1:] for part in cleaning.rows] == [["a" * 10, "b" * 10], ["c" * 10, "d" * 10]]


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=12), st.integers(1, 150))
def test_no_exchange_is_lost_and_no_part_over_budget_but_a_single_exchange(pairs: list[tuple[int, int]], budget: int):
    sizes = [size for pair in pairs for size in pair]
    said = [chr(97 + at % 26) * size for at, size in enumerate(sizes)]
    cleaning = clean([talk(*said)], budget=budget)
    assert [text for part in cleaning.rows for text in texts(part)] == said
    for part in cleaning.rows:
        assert sum(map(len, texts(part))) <= budget or len(texts(part)) == 2
    assert cleaning.mended["over_budget"] == sum(sum(pair) > budget for pair in pairs)
