"""The pages of campaigns by themselves, and somebody who reads them without a browser."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from bs4 import BeautifulSoup
from fastapi import FastAPI

from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.settings import Settings
from arena.web.campaigns.organisers import add_organisers
from arena.web.campaigns.rating import add_rating
from arena.web.operators_door import OperatorsDoor
from arena.web.plain_pages import PlainPages
from tests.arena.campaigns.conftest import draft, make, opened  # noqa: F401 - fixtures

PASSWORD = "hum"


class Reader:
    """Reads pages and presses their buttons, as a browser without scripts does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.soup = BeautifulSoup("", "html.parser")
        self.status = 0

    async def open(self, path: str) -> str:
        return self._read(await self.client.get(path))

    async def press(self, button: str, **filled: str) -> str:
        """Press a button and return the text of the page that comes."""
        found = next(one for one in self.soup.find_all("button") if one.get_text(" ", strip=True).startswith(button))
        form = found.find_parent("form")
        fields = [(one["name"], one.get("value", "")) for one in form.find_all("input") if sends(one)]
        fields += [(one["name"], one.get_text()) for one in form.find_all("textarea")]
        fields = [(name, filled.pop(name, value)) for name, value in fields] + list(filled.items())
        fields += [(found["name"], found["value"])] if found.get("name") else []
        return self._read(await self.client.post(form["action"], data=dict(fields)))

    def _read(self, answer: httpx.Response) -> str:
        self.status = answer.status_code
        self.soup = BeautifulSoup(answer.text, "html.parser")
        return re.sub(r"\s+", " ", self.soup.get_text(" "))


def sends(field) -> bool:
    return bool(field.get("name")) and (field.get("type") not in {"checkbox", "radio"} or field.has_attr("checked"))


@pytest.fixture
def reader_of(database: Database, tmp_path: Path) -> Callable[..., Reader]:
    settings = Settings(operator_password=PASSWORD, home=tmp_path)
    app = FastAPI()
    pages = PlainPages("Arena", versioned=defaultdict(str))
    opened_contenders = OpenContenders({})
    add_rating(app, pages, database)
    add_organisers(app, pages, database, opened_contenders, door=OperatorsDoor(PASSWORD), settings=settings)

    def reader_of(**options) -> Reader:
        transport = httpx.ASGITransport(app)
        client = httpx.AsyncClient(transport=transport, base_url="http://arena", follow_redirects=True, **options)
        return Reader(client)

    return reader_of


@pytest_asyncio.fixture
async def reader(reader_of: Callable[..., Reader]) -> AsyncIterator[Reader]:
    reader = reader_of()
    yield reader
    await reader.client.aclose()


@pytest_asyncio.fixture
async def organiser(reader_of: Callable[..., Reader]) -> AsyncIterator[Reader]:
    organiser = reader_of(auth=("mina", PASSWORD))
    yield organiser
    await organiser.client.aclose()
