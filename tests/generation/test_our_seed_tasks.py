"""Our own seed tasks: how many, how varied, and whether the answers that can be checked are right."""

import json
import math
import re
import sqlite3
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import date, timedelta
from fractions import Fraction
from hashlib import sha256
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from generation.candidates.near_duplicates import NearDuplicates
from generation.licences import PUBLISHED
from generation.seed_tasks import SeedLanguage, SeedTask, load_seed_tasks

LANGUAGES: tuple[SeedLanguage, ...] = ("en", "ko")
SETS = {language: {task.name: task for task in load_seed_tasks(language)} for language in LANGUAGES}
# How near each of our tasks comes to a published one, as rouge-score measured it: goldens/make_nearest.py.
MEASURED = json.loads((Path(__file__).parent / "goldens/nearest.json").read_text("utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_175_tasks_shared_out_like_the_published_set(language: SeedLanguage):
    tasks = load_seed_tasks(language)
    assert len(tasks) == len({task.name for task in tasks}) == 175
    assert sum(task.is_classification for task in tasks) == 26
    assert 45 <= sum(not instance.input for task in tasks for instance in task.instances) <= 55


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_of_our_instructions_are_near_duplicates(language: SeedLanguage):
    pool = NearDuplicates(threshold=0.7)
    assert [task.name for task in load_seed_tasks(language) if not pool.offer(task.instruction).accepted] == []


def test_no_task_of_ours_is_a_near_duplicate_of_a_published_one():
    assert [name for name, measured in MEASURED["nearest"].items() if measured["f"] > 0.7] == []


def test_every_task_of_ours_was_measured_as_it_is_now_against_the_published_file():
    """A task that changed needs `goldens/make_nearest.py` again."""
    now = {task.name: sha256(task.instruction.encode()).hexdigest() for task in load_seed_tasks("en")}
    assert {name: measured["sha256"] for name, measured in MEASURED["nearest"].items()} == now
    assert MEASURED["published"] == {"blob": PUBLISHED["self-instruct-seeds"].blob, "tasks": 175}


def test_the_korean_set_is_written_in_korean():
    letters = [letter for task in load_seed_tasks("ko") for letter in all_text(task) if letter.isalpha()]
    assert sum("가" <= letter <= "힣" for letter in letters) / len(letters) >= 0.8


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_classification_is_answered_with_a_few_characters(language: SeedLanguage):
    answers = [task.instances[0].output for task in load_seed_tasks(language) if task.is_classification]
    assert max(map(len, answers)) <= 15


def all_text(task: SeedTask) -> str:
    return task.instruction + "".join(each.input + each.output for each in task.instances)


def primes(above: int, count: int) -> list[int]:
    candidates = (n for n in range(above + 1, 10 * above) if all(n % d for d in range(2, math.isqrt(n) + 1)))
    return [next(candidates) for _ in range(count)]


LOST = Fraction(7, 10) * Fraction(6, 9)
WINS = Fraction(sum(a + b >= 10 for a, b in product(range(1, 7), repeat=2)), 36)
THREE_OF_EIGHT = len(list(combinations(range(8), 3)))
SON = next(age for age in range(1, 50) if 4 * age + 6 == 2.5 * (age + 6))
NEXT_MEETING = 7 * 60 + 30 + math.lcm(12, 18)
TWO_OF_FIVE = len(list(combinations(range(5), 2)))

ENGLISH_ANSWERS: Mapping[str, object] = {
    "tiles_for_floor": f"{round(480 / 40 * 360 / 40)} tiles are needed, and they cost ${480 / 40 * 360 / 40 * 2.5:.0f}",
    "mixed_speed_average": f"average speed is {120 / (60 / 20 + 60 / 30):.0f} km/h",
    "currency_discount_total": f"final price is {80 * 0.85 * 1.25:.0f} crowns",
    "primes_above_fifty": ", ".join(map(str, primes(50, 10))),
    "next_in_sequence": f"{6 * 7}, {7 * 8}",
    "combination_ice_cream": f"There are {THREE_OF_EIGHT * 2} possible orders",
    "unit_fuel_consumption": f"about {100 / (30 * 1.609344 / 3.785412):.1f} litres per 100 km",
    "shopping_list_totals": f"${3 * 2.40 + 24 * 0.30 + 8.75:.2f}",
    "compound_interest_teen": f"${100 * 1.1**3:.2f}",
    "median_and_mean": f"÷ 2 = {statistics.median([26, 31, 24, 163, 29, 27]):.0f}",
    "binary_addition": f"= {0b1011 + 0b111} = {0b1011 + 0b111:b}₂",
    "profit_break_even": f"She must sell {65 // (9 - 4)} bracelets",
    "train_catch_up": f"after {80 * 0.5 / (120 - 80):.0f} hour",
    "word_problem_ages": f"son is {SON} and the mother is {4 * SON}",
    "date_arithmetic": f"deadline is {(date(2024, 2, 20) + timedelta(days=14)).day} March 2024",
    "half_life_amount": f"{80 / 2 ** (24 / 6):.0f} mg are left",
    "volume_of_aquarium": f"= {80 * 35 * (45 - 5) // 1000} litres",
    "probability_two_dice": f"The probability is {WINS}",
    "metric_body_height": f"{(5 * 12 + 9) * 2.54:.2f} cm ≈ {round((5 * 12 + 9) * 2.54)} cm",
    "chessboard_grains": f"There are {sum(2**square for square in range(8))} grains",
    "estimate_bathtubs": f"{2 * 365} ÷ 150 ≈ {2 * 365 / 150:.1f}",
    "triangle_kind": "obtuse" if 5**2 + 7**2 < 10**2 else "not obtuse",
    "prime_or_composite": "composite" if any(91 % d == 0 for d in range(2, 91)) else "prime",
    "even_number_of_vowels": str(sum(letter in "aeiou" for letter in "notebook") % 2 == 0).lower(),
    "year_1900_days": f"It had {(date(1901, 1, 1) - date(1900, 1, 1)).days} days",
}
KOREAN_ANSWERS: Mapping[str, object] = {
    "택시_요금_계산": f"요금은 {4800 + (5110 - 1600) // 130 * 100:,}원",
    "더치페이_정산": f"하린이 지훈에게 {120_000 // 4 - 18_000:,}원",
    "소금물_농도": f"농도는 {(200 * 8 + 300 * 3) // 500}%",
    "평수_제곱미터": f"약 {84 / 3.3:.1f}평",
    "만_나이_계산": f"만 {2024 - 1998 - ((9, 1) < (11, 3))}세",
    "최소공배수_버스": f"오전 {NEXT_MEETING // 60}시 {NEXT_MEETING % 60}분에 다시",
    "가계부_분류_표": f"{48_000 + 14_000 + 130_000 + 9_500 + 62_000 + 22_000:,}원",
    "고기_한근_계산": f"{15_000 * 900 // 600:,}원입니다",
    "할인_두번_계산": f"{50_000 * 80 // 100 * 90 // 100:,}원이고, 모두 {100 - 80 * 90 // 100}% 할인",
    "평균_구하기_농구": f"평균은 {statistics.mean([15, 22, 18, 20, 15])}점이고, 여섯 번째 경기에서 {6 * 20 - 90}점",
    "경우의수_점심": f"모두 {3 * 2 * TWO_OF_FIVE}가지",
    "영수증_항목_검산": f"바른 금액은 {1_800 * 5 + 1_200 * 3 + 900 * 2:,}원",
    "전기요금_계산": f"요금은 {1_000 + 200 * 100 + 80 * 200:,}원",
    "수열_빈칸": f"수는 {8 + 13}이다",
    "딸기잼_비례식": f"설탕은 {750 * 2 // 5}g",
    "요일_계산": f"100일 뒤는 {'월화수목금토일'[(1 + 100) % 7]}요일",
    "확률_제비뽑기": f"답은 {1 - LOST}이다",
    "행사_예산표": f"{500_000 - (8_000 + 1_200 + 5_000) * 30 - 45_000:,}원이 남습니다",
    "표_읽고_질문": f"= {12 + 19 + 31 + 18 + 20}명",
    "속력_기차_터널": f"{(1_300 + 200) * 3_600 // 90_000}초(1분)",
    "비교_대중교통": f"= {1_500 * 2 * 20:,}원 | 1,400 × 2 × 20 = {1_400 * 2 * 20:,}원",
    "예산_절약_조언": f"{8 * 15_000 - 40_000 + 15 * 4_000 + 2 * 10_000:,}원을 줄일 수",
}


@pytest.mark.parametrize(
    ("language", "name", "expected"),
    [("en", *each) for each in ENGLISH_ANSWERS.items()] + [("ko", *each) for each in KOREAN_ANSWERS.items()],
)
def test_an_answer_that_can_be_recomputed_is_right(language: SeedLanguage, name: str, expected: str):
    assert expected in SETS[language][name].instances[0].output


def code(language: SeedLanguage, name: str, marker: str = "python") -> str:
    found = re.search(rf"```{marker}\n(.*?)```", SETS[language][name].instances[0].output, re.DOTALL)
    assert found
    return found[1]


def defined(language: SeedLanguage, name: str, function: str) -> Callable[..., Any]:
    scope: dict[str, Any] = {}
    exec(code(language, name), scope)
    answer: Callable[..., Any] = scope[function]
    return answer


@pytest.mark.parametrize(
    ("language", "name", "function", "arguments", "result"),
    [
        ("en", "fix_off_by_one", "average_of_last", ([1, 2, 9], 2), 5.5),
        ("en", "fix_off_by_one", "average_of_last", ([4], 3), 4),
        ("en", "leap_year_function", "is_leap_year", (1900,), False),
        ("en", "leap_year_function", "is_leap_year", (2000,), True),
        ("en", "leap_year_function", "is_leap_year", (2024,), True),
        ("en", "complexity_of_loop", "has_duplicate", ([1, 2, 1],), True),
        ("en", "complexity_of_loop", "has_duplicate", ([1, 2],), False),
        ("en", "rename_variables", "total_price", ([2, 1], [3, 4], 0.5), 15),
        ("en", "type_hints_docstring", "group_by_length", (["a", "b", "cd"],), {1: ["a", "b"], 2: ["cd"]}),
        ("ko", "파이썬_한글_글자_수", "count_hangul", ("한글 ABC 3개",), 3),
        ("ko", "초성_추출_함수", "initials", ("대한 A 꽃",), "ㄷㅎ A ㄲ"),
        ("ko", "전화번호_가림_정규식", "mask_phone", ("연락처: 010-1234-5678",), "연락처: 010-****-5678"),
        ("ko", "자바_파이썬_변환", "count_even", ([1, 2, 4],), 2),
    ],
)
def test_python_in_an_answer_does_what_the_task_asks(
    language: SeedLanguage, name: str, function: str, arguments: tuple[Any, ...], result: object
):
    assert defined(language, name, function)(*arguments) == result


def test_the_answer_that_predicts_an_output_is_what_python_prints(capsys: pytest.CaptureFixture[str]):
    exec(SETS["en"]["python_output_prediction"].instances[0].input, {})
    assert capsys.readouterr().out == code("en", "python_output_prediction", marker="")


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


def test_sql_in_an_english_answer_gives_the_rows_that_the_task_describes(database: sqlite3.Connection):
    database.executescript(SETS["en"]["sql_unpaid_invoices"].instances[0].input)
    database.executescript(
        "INSERT INTO customers VALUES (1, 'Ana'), (2, 'Bo'), (3, 'Cy');"
        "INSERT INTO invoices VALUES (1, 1, 5, NULL), (2, 2, 9, NULL), (3, 2, 1, NULL), (4, 3, 7, '2024-01-01');"
    )
    assert database.execute(code("en", "sql_unpaid_invoices", "sql")).fetchall() == [("Bo", 10), ("Ana", 5)]


def test_sql_in_a_korean_answer_gives_the_rows_that_the_task_describes(database: sqlite3.Connection):
    database.executescript(SETS["ko"]["SQL_동아리_인원"].instances[0].input)
    database.executescript(
        "INSERT INTO clubs VALUES (1, '바둑'), (2, '등산'), (3, '합창');"
        "INSERT INTO members (club_id, name) VALUES (1, 'ㄱ'), (1, 'ㄴ'), (1, 'ㄷ'), (2, 'ㄹ'), "
        "(3, 'ㅁ'), (3, 'ㅂ'), (3, 'ㅅ'), (3, 'ㅇ');"
    )
    assert database.execute(code("ko", "SQL_동아리_인원", "sql")).fetchall() == [("합창", 4), ("바둑", 3)]


def test_the_library_schema_allows_one_open_loan_for_a_book(database: sqlite3.Connection):
    database.executescript(code("en", "library_loans_schema", "sql"))
    database.executescript(
        "INSERT INTO members VALUES (1, 'Ana'); INSERT INTO books VALUES (1, 'Emma', 'Austen');"
        "INSERT INTO loans VALUES (1, 1, 1, '2024-01-01', '2024-01-09'), (2, 1, 1, '2024-02-01', NULL);"
    )
    with pytest.raises(sqlite3.IntegrityError):
        database.execute("INSERT INTO loans VALUES (3, 1, 1, '2024-03-01', NULL)")


def test_regular_expressions_in_answers_match_what_the_tasks_say():
    postcode = SETS["en"]["postcode_regex"].instances[0].output.split("`")[1]
    assert [text for text in ["1012 AB", "9731CD", "0123 AB", "1012  AB", "1012 Ab"] if re.search(postcode, text)] == [
        "1012 AB",
        "9731CD",
    ]
    explained = SETS["en"]["explain_regular_expression"].instances[0]
    assert re.search(explained.input, "QX-4821/b")
    assert not re.search(explained.input, "QX-48")


def test_answers_keep_the_length_that_the_task_sets():
    words = {"review_reply_owner": 60, "condense_to_twenty_words": 20, "news_headline": 8, "six_word_story": 6}
    for name, limit in words.items():
        assert len(SETS["en"][name].instances[0].output.split()) <= limit
    assert len(SETS["ko"]["문단_요약_한문장"].instances[0].output) <= 40
