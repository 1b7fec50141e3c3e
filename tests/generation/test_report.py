"""The report of a run: what it counts, what it shows, and what it never does."""

import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

import generation.report
from generation.auditing.audit import FIELDS, Audit
from generation.report import ReportLanguage, figures
from generation.runs.run_folder import RunFolder
from tests.generation.conftest import MakeRecipe, run_here
from tests.generation.report.pages import Outline, page_of, row, write_run


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


def test_a_run_in_which_nothing_was_kept_can_be_reported(tmp_path: Path):
    page = page_of(write_run(tmp_path, [], [row(reason="too_short")] * 2))
    assert "<h1>0 of 2 candidates were kept</h1>" in page
    Outline(page_of(write_run(tmp_path, [], [])))


def test_the_page_stays_small_however_long_the_rows_are(tmp_path: Path):
    long = row("Repeat it. " * 1000, "again " * 2000)
    page = page_of(write_run(tmp_path, [long] * 60, [{**long, "reason": f"reason {n % 30}"} for n in range(300)]))
    assert len(page) < 1_000_000


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
