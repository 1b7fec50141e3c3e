"""The example: the published 90 : 89 of Alpaca and text-davinci-003, replayed with two demo contenders in their place.

The counts are those of the Alpaca post (90 wins, 89 losses; 252 prompts, so that 73 outcomes are unaccounted for). The
prompts are those that ship, the answers are the demo contenders' own, and which item was decided how is drawn by seed:
nobody has judged anything here, and the campaign's title says so.
"""

import random
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from arena.campaigns import queries
from arena.campaigns.answers import AnswerMaking, AnswersProgress
from arena.campaigns.campaign_file import campaign_of_text
from arena.campaigns.campaigns import Campaigns
from arena.campaigns.export import export_campaign
from arena.campaigns.judgements import Judgements, Said
from arena.campaigns.progress import Score, scores_of
from arena.campaigns.raters import Raters
from arena.contenders.demo import demo_contenders
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db.campaign_tables import SideVerdict
from arena.db.migrate import upgrade
from arena.db.session import Database, sqlite_url

WINS, LOSSES, PROMPTS = 90, 89, 252
FILE = """
name = "alpaca-90-89"
title = "90 : 89, replayed (drawn by seed, not judged by people)"
hypothesis = "Alpaca 7B and text-davinci-003 win equally often; tiny-alpaca and tiny-vicuna stand in their places."
raters_per_item = 1
repeats = 0
seed = 2023

[[contender]]
slug = "tiny-alpaca"

[[contender]]
slug = "tiny-vicuna"
"""


async def replay_example(
    out: Path,
    environment: Mapping[str, str],
    *,
    prompts: int = PROMPTS,
    notify: Callable[[AnswersProgress], None] = lambda _progress: None,
) -> tuple[Score, ...]:
    """Run the campaign in a database of its own, write it to the folder `out`, and return its counts.

    Args:
        out: a folder that does not exist yet.
        environment: the environment variables, of which demo contenders need none.
        prompts: how many of the prompts to use; wins and losses keep their share.
        notify: called after every answer.

    Raises:
        BadConfiguration: something is at `out`.
    """
    with tempfile.TemporaryDirectory(prefix="campaign-example-") as folder:
        database = Database(sqlite_url(Path(folder) / "example.db"))
        upgrade(database)
        Contenders(database).sync(demo_contenders())
        file, table = campaign_of_text(FILE)
        file = replace(file, prompts=replace(file.prompts, first=prompts))
        table["prompts"] = {"first": prompts}
        campaigns = Campaigns(database)
        campaigns.new(file, table)
        open_contenders = OpenContenders(environment)
        try:
            await AnswerMaking(database, open_contenders, folder=Path(folder), notify=notify).run(file.name)
        finally:
            await open_contenders.aclose()
        campaigns.open(file.name)
        (key,) = campaigns.invite(file.name, 1)
        _replay_verdicts(database, key, prompts)
        campaigns.close(file.name)
        export_campaign(database, file.name, out)
        scores = scores_of(database, file.name)
        database.close()
    return scores


def _replay_verdicts(database: Database, key: str, prompts: int) -> None:
    """Judge as one rater who stops after the decided items: the rest stays undone, as in the source."""
    raters, judgements = Raters(database), Judgements(database)
    wins, losses = round(WINS * prompts / PROMPTS), round(LOSSES * prompts / PROMPTS)
    won = [True] * wins + [False] * losses
    random.Random(2023).shuffle(won)  # noqa: S311 - to be reproducible
    raters.consent(key, "1")
    with database.reading() as session:
        first = queries.raters(session, 1)[0].campaign.entrants[0].id
    for first_won in won:
        place = raters.desk(key).place
        assert place
        with database.reading() as session:
            row = queries.assignment_of_rater(session, place.id, queries.raters(session, 1)[0].id)
            assert row
            is_left = row.left_id == first
        verdict = SideVerdict.LEFT if is_left == first_won else SideVerdict.RIGHT
        judgements.judge(key, place.id, Said(verdict), step=0)
