"""The organisers' pages: behind the password, from a draft to results, and no result before its time."""

import asyncio
from collections.abc import Callable

import pytest

from arena.campaigns.campaign_file import example_text
from arena.campaigns.raters import Raters
from arena.db.campaign_tables import EarlyLook
from arena.db.session import Database
from tests.arena.campaigns.conftest import TWO, campaign_text
from tests.arena.campaigns.test_booklets import judge_all
from tests.arena.conftest import Enter, scripted
from tests.arena.web.campaigns.conftest import Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATH = "/operations/campaigns"


async def test_without_the_password_nothing_is_shown_or_done(reader: Reader, database_url: str):
    assert "for operators" in await reader.open(PATH)
    assert reader.status == 401
    for action in ("new", "trial/open", "trial/close", "trial/look"):
        assert (await reader.client.post(f"{PATH}/{action}")).status_code == 401


async def test_from_a_text_to_results_by_buttons_alone(organiser: Reader, database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    text = campaign_text(contenders=TWO, prompts={"first": 2}, repeats=0)
    assert "No campaign yet." in await organiser.open(PATH)
    assert "2 items. If as many are decided as usual, 1 are: too few" in await organiser.press(
        "What can it find?", file=text
    )
    assert "one: 0 there, 0 failed, 2 to come" in await organiser.press("Store as a draft")
    await organiser.press("Make the missing answers")
    for _ in range(200):
        await organiser.open(f"{PATH}/trial")
        if organiser.soup.find("button", string="Freeze the design and open"):
            break
        await asyncio.sleep(0.02)
    page = await organiser.press("Freeze the design")
    assert "SHA-256 of the design" in page
    assert "0 of 4 places" in page
    await organiser.press("Invite", number="2")
    links = [one.get_text().rpartition("/")[2] for one in organiser.soup.select("td code")]
    assert len(links) == 2
    Raters(database).consent(links[0], "1")
    judge_all(database, links[0])
    page = await organiser.open(f"{PATH}/trial")
    assert "2 of 4 places are judged. 2 in the last hour" in page
    assert "one won" not in page
    page = await organiser.press("Show the results now", reason="nonsense was reported")
    assert "mina looked early: nonsense was reported" in page
    assert "Ties 2" in page
    with database.reading() as session:
        assert session.query(EarlyLook).one().who == "mina"
    assert "arena campaign export trial" in await organiser.press("Close the campaign")
    assert "A trial" in await organiser.open(f"{PATH}/trial/report")
    assert organiser.status == 200


@pytest.mark.parametrize(
    ("text", "words"),
    [("name = ", "not valid TOML"), (example_text(), "tiny-alpaca"), ('title = "x"', "name: is missing")],
)
async def test_a_text_that_cannot_be_used_is_told_with_every_fault(
    organiser: Reader, text: str, words: str, database_url: str
):
    await organiser.open(PATH)
    assert words in await organiser.press("Store as a draft", file=text)
    assert organiser.status in {404, 409}


async def test_unknown_campaigns_and_numbers_are_sentences(organiser: Reader, draft: Callable):
    await organiser.open(f"{PATH}/nope")
    assert organiser.status == 404
    await asyncio.to_thread(draft, 1)
    await organiser.open(f"{PATH}/trial")
    await organiser.press("Invite", number="0")
    assert organiser.status == 409
    await organiser.open(f"{PATH}/")
    assert organiser.status == 200
