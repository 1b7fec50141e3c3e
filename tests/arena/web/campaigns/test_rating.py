"""The rater's pages, without a browser: consent, judging, going back, the end, and what must never be shown."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.campaigns.campaigns import Campaigns
from arena.db.campaign_tables import Judgement
from arena.db.session import Database
from tests.arena.web.campaigns.conftest import Reader

Opened = Callable[..., tuple]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ALL = {"reasons": ["wrong"], "acceptable": True, "confidence": True, "rationale": True, "correction": True}


async def prepared(opened: Opened, *args, **options) -> tuple:
    return await asyncio.to_thread(lambda: opened(*args, **options))


def rows(database: Database) -> list[Judgement]:
    with database.reading() as session:
        return session.query(Judgement).order_by(Judgement.id).all()


async def test_a_rater_judges_everything_by_buttons_alone(reader: Reader, database: Database, opened: Opened):
    _, (key, _) = await prepared(
        opened, 2, attention=1, ask=ALL, rules={"completion_code": "C1A2", "instructions": "Be fair."}
    )
    assert "Before you begin" in await reader.open(f"/rate/{key}")
    text = await reader.press("I agree")
    assert "1 of 4" in text
    assert "Be fair." in text
    await reader.press(
        "1 is better", tag="wrong", acceptable_left="no", confidence="3", rationale="So.", correction="X"
    )
    for _ in range(2):
        await reader.press("Tie")
    text = await reader.press("2 is better")
    assert "Thank you" in text
    assert "You have judged 4 comparisons." in text
    assert "C1A2" in text
    first, *others = rows(database)
    assert (first.tags, first.acceptable_left, first.acceptable_right, first.confidence) == (["wrong"], False, None, 3)
    assert (first.rationale, first.correction) == ("So.", "X")
    assert [row.verdict.value for row in others] == ["tie", "tie", "right"]


async def test_going_back_shows_what_was_said_and_lets_it_be_changed(
    reader: Reader, database: Database, opened: Opened
):
    _, (key, _) = await prepared(opened, 4)
    await reader.open(f"/rate/{key}")
    await reader.press("I agree")
    await reader.press("1 is better")
    text = await reader.open(f"/rate/{key}/1")
    assert "You said: 1 is better." in text
    assert "2 of 5" in await reader.press("Both bad")
    first, second = rows(database)
    assert (second.revision_of_id, second.verdict.value) == (first.id, "both_bad")
    assert "2 of 5" in await reader.open(f"/rate/{key}/99")  # nobody looks ahead
    assert "2 of 5" in await reader.open(f"/rate/{key}/nonsense")


async def test_a_second_look_shows_a_judges_verdict_after_the_raters_own(
    reader: Reader, database: Database, opened: Opened, tmp_path: Path
):
    rows_ = [{"item": f"p{n}", "better": "tie", "judge": "j"} for n in range(2)]
    (tmp_path / "judge.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows_))
    _, (key, _) = await prepared(opened, 2, repeats=0, second_opinions="judge.jsonl")
    await reader.open(f"/rate/{key}")
    assert "A language model says" not in await reader.press("I agree")
    assert "A language model says: Tie. You said: 1 is better." in await reader.press("1 is better")
    assert "2 of 2" in await reader.press("1 is better")
    assert [(row.second_look, row.verdict.value) for row in rows(database)] == [(False, "left"), (True, "left")]


async def test_nothing_that_a_rater_receives_tells_who_answers(reader: Reader, opened: Opened):
    sheet, (key, _) = await prepared(opened, 2, scripts={"one": {"reply": "I was made by Testers."}})
    await reader.open(f"/rate/{key}")
    await reader.press("I agree")
    html = str(reader.soup)
    names = {"The one", "The two", "Testers", *(one["id"] for one in json.loads(sheet.design)["contenders"])}
    assert not [name for name in names if name in html]
    assert "seconds" not in reader.soup.get_text()


async def test_answers_cannot_harm_the_page(reader: Reader, opened: Opened):
    script = {"reply": "**bold** <script>alert(1)</script>"}
    _, (key, _) = await prepared(opened, 1, scripts={"one": script, "two": script})
    await reader.open(f"/rate/{key}")
    await reader.press("I agree")
    assert "<strong>bold</strong>" in str(reader.soup)
    assert "<script>alert" not in str(reader.soup)


@pytest.mark.parametrize("path", ["/rate/nobody", f"/rate/{'x' * 43}", f"/join/{'x' * 43}", "/rate/../etc"])
async def test_links_of_nobody_are_told_so(reader: Reader, path: str, database_url: str):
    await reader.open(path)
    assert reader.status == 404


async def test_a_draft_and_a_closed_campaign_say_so(
    reader: Reader, database: Database, draft: Callable, make: Callable
):
    await asyncio.to_thread(draft, 2)
    (key,) = Campaigns(database).invite("trial", 1)
    assert "has not begun" in await reader.open(f"/rate/{key}")
    await asyncio.to_thread(make)
    Campaigns(database).open("trial")
    await reader.open(f"/rate/{key}")
    await reader.press("I agree")
    await reader.press("Tie")
    Campaigns(database).close("trial")
    assert "This campaign is over." in await reader.open(f"/rate/{key}")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"place=1", "text/plain"),
        (b"\xff\xfe=1", "application/x-www-form-urlencoded"),
        (b"place=x&number=1&step=0&verdict=left", "application/x-www-form-urlencoded"),
        (b"place=1&number=1&step=0&verdict=draw", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=%d" % n for n in range(100)), "application/x-www-form-urlencoded"),
    ],
)
async def test_a_form_that_no_page_sends_is_refused(
    reader: Reader, database: Database, opened: Opened, content: bytes, kind: str
):
    _, (key, _) = await prepared(opened, 1)
    answer = await reader.client.post(f"/rate/{key}/judge", content=content, headers={"content-type": kind})
    assert answer.status_code == 409
    assert rows(database) == []


async def test_participants_of_a_platform_join_by_its_words(reader: Reader, opened: Opened):
    url = "https://app.prolific.com/submissions/complete?cc=C1"
    rules = {"open_to_all": True, "completion_url": url}
    sheet, _ = await prepared(opened, 1, repeats=0, rules=rules)
    address = f"/join/{sheet.join_key}?PROLIFIC_PID=P1&STUDY_ID=S1&SESSION_ID=X1"
    await reader.open(address)
    assert "1 of 1" in await reader.press("I agree")
    await reader.press("Tie")
    assert reader.soup.find("a", href=url)
    await reader.open(address)
    assert "You have judged 1 comparison." in await reader.press("I agree")
