"""The report of a run: what it counts, what it shows, and what it never does."""

import json
import re
import tomllib
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import generation.report
from arena.cli import main
from generation.auditing.audit import FIELDS, Audit
from generation.errors import BadInput
from generation.report import ReportLanguage, figures, write_report
from generation.report.figures import Spread
from generation.runs.run_folder import RunFolder
from tests.generation.conftest import MakeRecipe, run_here

Row = dict[str, Any]


def row(instruction: str = "Sort the list.", output: str = "1 2 3", **more: Any) -> Row:
    return {"instruction": instruction, "input": "", "output": output, **more}


def write_run(folder: Path, kept: list[Row], rejected: list[Row] | None = None, **files: Any) -> Path:
    folder.mkdir(exist_ok=True)
    lists = {"examples": kept} | ({"rejected": rejected} if rejected is not None else {})
    for name, rows in lists.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return folder


def page_of(folder: Path, language: ReportLanguage = "en") -> str:
    write_report(folder, folder / "report.html", language=language)
    return (folder / "report.html").read_text(encoding="utf-8")


def stages_of(kept: list[Row], rejected: list[Row]) -> list[figures.RejectionCount]:
    return figures.funnel(rejected, kept, figures.word_counts([*rejected, *kept]))


class Outline(HTMLParser):
    """The tags of a page, checked to be closed in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action", "srcset"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1


@pytest.mark.parametrize("recipe", ["alpaca", "self_instruct", "ko"])
def test_a_real_run_is_reported_in_both_languages(recipe: str, recipe_for: MakeRecipe, tmp_path: Path):
    teacher = "teacher-ko" if recipe == "ko" else "teacher:cut=0.2"
    stop = {"target": 20, "max_requests": 60}
    folder = RunFolder.create(tmp_path / "nightly", recipe_for(recipe, model=teacher, stop=stop))
    run_here(folder)
    kept = len((folder.path / "examples.jsonl").read_text().splitlines())
    for language in get_args(ReportLanguage):
        page = page_of(folder.path, language)
        assert re.search(rf"<h1>(.*\D)?{kept}(\D.*)?</h1>", page)
        assert "Apache-2.0" in page
        assert "arena generate run nightly/recipe.toml" in page
        assert Outline(page).tags["svg"] > 1


def test_the_page_loads_nothing_and_runs_nothing(tmp_path: Path):
    page = page_of(write_run(tmp_path, [row()] * 3, [row(reason="too_short")]))
    outline = Outline(page)
    assert outline.addresses == []
    assert not {"script", "link", "img", "iframe"} & set(outline.tags)
    assert "url(" not in page
    assert "default-src 'none'; style-src 'unsafe-inline'" in page


def test_text_of_rows_is_never_markup(tmp_path: Path):
    bad = "<script>alert('x')</script><b>&amp;"
    nasty = row(f"{bad} Write {bad}", bad, nearest=bad, score=0.9)
    run = write_run(
        tmp_path / "<i>run",
        [nasty],
        [{**nasty, "reason": reason, "detail": bad} for reason in ("near_duplicate", "<u>odd</u>")],
        summary={"stopped": {"sentence": bad}, "requests": {"answered": 1, "failures": {bad: 1}}, "hours": 1}
        | {"cost_usd": None, "cost_usd_per_1000_kept": None},
        manifest={"file": bad, "sha256": bad, "artefacts": [{"name": bad, "licence": bad, "terms": bad}]},
    )
    (run / "recipe.toml").write_text(f"about = {json.dumps(bad)}", encoding="utf-8")
    outline = Outline(page_of(run))
    assert not {"script", "b>", "u", "i>"} & set(outline.tags)
    assert "<script>" not in page_of(run)
    assert "&lt;script&gt;" in page_of(run)


def test_files_that_are_not_there_are_named_and_left_out(tmp_path: Path):
    page = page_of(write_run(tmp_path, [row()]))
    assert "This run has no rejected.jsonl, summary.json, manifest.json, recipe.toml" in page
    assert "<h1>1 examples</h1>" in page
    assert "nothing is known of licences" in page
    assert "Not audited. Run `arena audit" in page
    Outline(page)


def test_a_run_in_which_nothing_was_kept_can_be_reported(tmp_path: Path):
    page = page_of(write_run(tmp_path, [], [row(reason="too_short")] * 2))
    assert "<h1>0 of 2 candidates were kept</h1>" in page
    Outline(page_of(write_run(tmp_path, [], [])))


def test_the_page_stays_small_however_long_the_rows_are(tmp_path: Path):
    long = row("Repeat it. " * 1000, "again " * 2000)
    page = page_of(write_run(tmp_path, [long] * 60, [{**long, "reason": f"reason {n % 30}"} for n in range(300)]))
    assert len(page) < 1_000_000


def test_candidates_meet_the_filters_in_their_order_and_unknown_reasons_last(tmp_path: Path):
    reasons = ["near_duplicate", "newly_invented", "empty_output", "truncated", "near_duplicate"]
    stages = stages_of([row()] * 3, [row(reason=reason) for reason in reasons])
    assert [(stage.reason, stage.entered, stage.removed, stage.left) for stage in stages] == [
        ("truncated", 8, 1, 7),
        ("empty_output", 7, 1, 6),
        ("near_duplicate", 6, 2, 4),
        ("newly_invented", 4, 1, 3),
    ]
    assert "newly invented" in page_of(write_run(tmp_path, [row()], [row(reason="newly_invented")]))


def test_lengths_are_those_before_and_after_each_filter():
    [stage] = stages_of([row(output="one two three")] * 5, [row(output="", reason="empty_output")] * 5)
    assert stage.before["output"].median == 1.5
    assert stage.turned_away["output"] == Spread(0, 0, 0)
    assert stage.after["output"] == Spread(3, 3, 3)


def test_korean_is_counted_by_the_word_and_empty_texts_do_not_count_as_lengths():
    counts = figures.word_counts([row("짧은 글을 쓰세요."), row("")])
    assert counts["instruction"].tolist() == [3, 0]
    assert figures.spreads(counts)["instruction"] == Spread(3, 3, 3)


def test_similarity_counts_only_what_was_measured():
    kept = [row(score=0.0), row(score=0.69), row(score=None)]
    rejected = [row(score=1.0, reason="near_duplicate"), row(reason="too_short")]
    bins = figures.similarity(kept, rejected, {"profile": "alpaca"})
    assert bins
    assert (sum(bins.kept), bins.kept[0], bins.kept[34]) == (2, 1, 1)
    assert (sum(bins.rejected), bins.rejected[-1]) == (1, 1)
    assert bins.threshold == 0.7
    assert figures.similarity([row()], [], {}) is None


@pytest.mark.parametrize(
    ("filters", "threshold"),
    [({}, 0.7), ({"profile": "unicode"}, 0.7), ({"threshold": 0.6, "profile": "alpaca"}, 0.6)],
)
def test_the_threshold_shown_is_the_recipes_or_the_published_one(filters: dict[str, Any], threshold: float):
    bins = figures.similarity([row(score=0.5)], [], filters)
    assert bins
    assert bins.threshold == threshold


def test_the_course_is_a_moving_average_from_the_first_full_window():
    assert figures.trend([[1, 2]] * 49) is None
    course = figures.trend([[10, 10]] * 50 + [[0, 10]] * 50 + [[0, 0]] * 50)
    assert course
    assert (course.requests[0], course.requests[-1]) == (50, 150)
    assert (course.kept[0], course.novelty[0]) == (10, 1)
    halfway = course.requests.index(75)
    assert (course.kept[halfway], course.novelty[halfway]) == (5, 0.5)
    assert course.kept[-1] == 0
    assert len(figures.trend([[1, 1]] * 9000).requests) == figures.POINTS  # type: ignore[union-attr]


def test_scripts_are_counted_by_the_main_one_of_each_row():
    assert figures.scripts([row("글을 GPT로 써 주세요.", "네"), row(), row(), row("12", "34")]) == {
        "Latin": 2,
        "Hangul": 1,
        "none": 1,
    }


def test_what_candidates_repeated_most_is_named():
    rejected = [row(nearest=text, reason="near_duplicate") for text in ("a", "b", "b")]
    assert figures.most_repeated([*rejected, row(nearest="c", reason="too_long")]) == {"b": 2, "a": 1}


def test_audit_and_contamination_are_shown_with_their_figures(tmp_path: Path):
    checked = {
        "prompt_sets": [{"name": "expert", "prompts": 252, "sha256": "0"}],
        "rows": 4,
        "contaminated": {"expert": 3},
        "noteworthy": {},
        "dropped": 0,
    }
    run = write_run(tmp_path, [row()] * 4, [])
    (run / "alpaca.json.manifest.json").write_text(
        json.dumps({"file": "alpaca.json", "sha256": "0", "artefacts": [], "decontamination": checked})
    )
    audit = Audit.begin(run)
    for place, drawn in enumerate(audit.rows):
        for field in FIELDS:
            audit.label(drawn.number, field, place > 0, by="ana")
    page = page_of(run)
    assert "25 % [4.6, 69.9]" in page
    assert re.search(r"<td>expert</td>\s*<td[^>]*>252</td>\s*<td[^>]*>3</td>\s*<td[^>]*>0</td>", page)


def test_costs_are_shown_a_thousand_kept_rows(tmp_path: Path):
    spent = {"requests": 2, "prompt_tokens": 30, "output_tokens": 10, "cached_tokens": 0, "cost": 0.02}
    summary = {
        "steps": {"task": spent},
        "requests": {"answered": 2, "failures": {}},
        "cost_usd": 0.02,
        "cost_usd_per_1000_kept": 5.0,
        "hours": 0.5,
    }
    page = page_of(write_run(tmp_path, [row()] * 4, [], summary=summary))
    assert "$5.00" in page
    assert "10,000" in page


def test_both_languages_have_every_word():
    folder = Path(generation.report.__file__).parent
    english, korean = (tomllib.loads((folder / f"{language}.toml").read_text()) for language in ("en", "ko"))
    assert set(english) == set(korean)
    assert set(english["reasons"]) == set(korean["reasons"]) >= set(figures.REASONS)
    for key, sentence in english.items():
        if isinstance(sentence, str):
            assert sorted(re.findall(r"{\w+}", sentence)) == sorted(re.findall(r"{\w+}", korean[key])), key


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rejected.jsonl", '{"instruction": 1}\n'),
        ("summary.json", "[]"),
        ("summary.json", '{"a": 1}'),
        ("manifest.json", "{"),
        ("recipe.toml", "="),
    ],
)
def test_a_faulty_file_is_refused_by_name_and_no_page_is_written(tmp_path: Path, name: str, content: str):
    (write_run(tmp_path, [row()]) / name).write_text(content)
    with pytest.raises(BadInput, match=re.escape(name)):
        page_of(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_the_command_writes_the_page_into_the_run_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_run(tmp_path, [row()])
    assert main(["generate", "report", str(tmp_path), "--language", "ko"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "report.html")
    assert '<html lang="ko">' in (tmp_path / "report.html").read_text()
    assert main(["generate", "report", str(tmp_path / "nowhere")]) == 2
    assert "examples.jsonl cannot be read" in capsys.readouterr().err


def test_examples_are_drawn_evenly():
    rows = [row(str(n)) for n in range(10)]
    assert [one["instruction"] for one in figures.spaced(rows, 4)] == ["0", "2", "5", "7"]
    assert figures.spaced(rows, 99) == rows
    assert np.isfinite(figures.spreads(figures.word_counts([]))["output"].median)
