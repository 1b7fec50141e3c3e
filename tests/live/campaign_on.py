"""A campaign in a running arena, and raters who judge it over HTTP as a browser without scripts would."""

import asyncio
import re
from contextlib import closing
from pathlib import Path

import httpx

from arena.campaigns.answers import AnswerMaking
from arena.campaigns.campaign_file import campaign_of_text
from arena.campaigns.campaigns import Campaigns
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from tests.live.arena_process import ArenaProcess

FIELD = re.compile(r'name="(place|number|step|version)" value="([^"]*)"')
CONTENDERS = "".join(
    f'[[contender]]\nslug = "{name}"\nlabel = "{name.title()}"\nbackend = "scripted"\nreply = "Words of {name}."\n'
    for name in ("one", "two")
)


def campaign_file(*, prompts: int, raters_per_item: int, booklet: int = 0) -> str:
    return (
        'name = "trial"\ntitle = "A trial"\nhypothesis = "One wins."\n'
        f"raters_per_item = {raters_per_item}\nbooklet = {booklet}\n"
        f"[prompts]\nfirst = {prompts}\n"
        '[[contender]]\nslug = "one"\n[[contender]]\nslug = "two"\n'
    )


def open_campaign(arena: ArenaProcess, file: str, *, raters: int) -> tuple[str, ...]:
    """Open a campaign in an arena's database and return the keys of its raters."""

    async def make(database: Database) -> None:
        open_contenders = OpenContenders({})
        await AnswerMaking(database, open_contenders, folder=Path(arena.home)).run("trial")
        await open_contenders.aclose()

    with closing(Database(arena.database_url)) as database:
        campaigns = Campaigns(database)
        campaigns.new(*campaign_of_text(file))
        asyncio.run(make(database))
        campaigns.open("trial")
        return campaigns.invite("trial", raters)


class HttpRater:
    """Judges over HTTP. A request that gets no answer is sent again, as people press a button again."""

    def __init__(self, arena: ArenaProcess, key: str) -> None:
        self._arena = arena
        self._path = f"/rate/{key}"
        self._http = httpx.Client(base_url=arena.address, timeout=60, follow_redirects=True)
        self.said: dict[int, str] = {}

    def begin(self) -> "HttpRater":
        self._send("POST", f"{self._path}/consent", version="1")
        return self

    def judge_next(self) -> bool:
        """Judge one comparison; return False where none is left."""
        fields = dict(FIELD.findall(self._send("GET", self._path).text))
        if "place" not in fields:
            return False
        place = int(fields["place"])
        self.said.setdefault(place, ("left", "right", "tie", "both_bad")[place % 4])
        self._send("POST", f"{self._path}/judge", **fields, verdict=self.said[place], seconds="1.5")
        return True

    def judge_all(self, most: int = 10_000) -> "HttpRater":
        while len(self.said) < most and self.judge_next():
            pass
        self._http.close()
        return self

    def _send(self, method: str, path: str, **fields: str) -> httpx.Response:
        while True:
            try:
                answer = self._http.request(method, path, data=fields or None)
            except httpx.TransportError:
                continue
            assert answer.status_code == 200, answer.text
            return answer
