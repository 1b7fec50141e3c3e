"""The real arena on a port, with scripted contenders, and a visitor who speaks to it without a browser."""

import asyncio
import json
import re
import secrets
import threading
from typing import Any

import httpx
import uvicorn

from arena.battles.battles import Battles
from arena.board.standings import Standings
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.operations.http_server import address_of, listen
from arena.settings import Settings
from arena.voters.consent import Consents
from arena.web.app import create_app
from arena.web.battle.stream import PATH
from arena.web.notice import notice_of
from tests.arena.conftest import scripted

# What must not be seen before a vote, in any case.
SECRETS = ("secret-one", "secret-two", "name of one", "name of two", "guild one", "guild two", "licence-", "grown from")


def contenders() -> list[Any]:
    """Two contenders that repeat the prompt, or misbehave when it says so."""
    entered = []
    for number in ("one", "two"):
        rules = [
            {"match": "^slow", "tokens_per_s": 20.0},
            {"match": "^hang", "stall_after_tokens": 3},
        ]
        if number == "two":
            rules += [
                {"match": "^fail", "fail": "server_fault"},
                {"match": "^break", "fail": "stalled", "fail_after_tokens": 2},
            ]
        contender = scripted(f"secret-{number}", rules=rules)
        contender.label, contender.organisation = f"Name of {number}", f"Guild {number}"
        contender.licence, contender.lineage = f"Licence-{number}", f"Grown from {number}"
        entered.append(contender)
    return entered


class ServedArena:
    """An arena in a thread of its own. It can be stopped and started again on the same port and database.

    Voters are asked for consent only if `asks_consent`.
    """

    def __init__(self, database: Database, settings: Settings, *, asks_consent: bool = False) -> None:
        self.database = database
        self.settings = settings
        self._asks_consent = asks_consent
        self._port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self._thread.start()
        assert started.wait(120)

    def stop(self) -> None:
        """Stop as SIGTERM does; streams that are still open are cut after a second."""
        assert self._server
        assert self._thread
        self._server.should_exit = True
        self._thread.join(20)

    async def _serve(self, started: threading.Event) -> None:
        open_contenders = OpenContenders({})
        consents = Consents(self.database, notice_of(self.settings) if self._asks_consent else None)
        battles = Battles(self.database, open_contenders, settings=self.settings, consents=consents)
        app = create_app(battles, Standings(self.database), settings=self.settings)
        with listen("127.0.0.1", self._port) as listener:
            self._port = int(address_of(listener).rsplit(":", 1)[1])
            self._server = _Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1), started)
            await self._server.serve(sockets=[listener])
        await battles.aclose()
        await open_contenders.aclose()


class _Server(uvicorn.Server):
    """Says when it has started."""

    def __init__(self, config: uvicorn.Config, started_event: threading.Event) -> None:
        super().__init__(config)
        self._started_event = started_event

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._started_event.set()


class Visitor:
    """A voter's browser, as far as the network sees it. `received` is everything that came."""

    def __init__(self, address: str, path: str = "/") -> None:
        self.http = httpx.Client(base_url=address, timeout=30)
        self.received: list[str] = []
        page = self.http.get(path).text
        self.received.append(page)
        found = re.search(r"window\.gradio_config = (\{.*?\});</script>", page, re.DOTALL)
        assert found
        self.config = json.loads(found[1])
        self._names = {part["id"]: part["props"].get("elem_id") for part in self.config["components"]}
        self._events = {event["api_name"]: event for event in self.config["dependencies"]}
        self.handle = ""
        self.session = secrets.token_hex(8)

    def event(self, name: str, *data: Any, **headers: str) -> dict[str, Any]:
        """Send an event and return the last value that it gave each component, by the component's id."""
        event = self._events[name]
        answer = self.call({"fn_index": event["id"], "data": list(data)}, **headers)
        assert answer.status_code == 200, answer.text
        values = zip([self._names[id_] for id_ in event["outputs"]], answer.json()["data"], strict=True)
        return {name: value for name, value in values if not is_skip(value)}

    def call(self, body: dict[str, Any], **headers: str) -> httpx.Response:
        content = json.dumps({"session_hash": self.session, **body})
        headers["content-type"] = "application/json"
        answer = self.http.post("/gradio_api/run/predict", content=content, headers=headers)
        self.received.append(answer.text)
        return answer

    def ask(self, prompt: str) -> dict[str, Any]:
        """Send a prompt, wait for the replies, and return the stage."""
        shown = self.event("ask", prompt, self.handle)
        assert "handle" in shown, shown
        self.handle = shown["handle"]
        return self.follow()

    def follow(self) -> dict[str, Any]:
        """Listen until the replies have ended, and return the stage."""
        stage: dict[str, Any] = {}
        with self.http.stream("GET", PATH, params={"battle": self.handle}) as stream:
            for line in stream.iter_lines():
                self.received.append(line)
                if line.startswith("data: {"):
                    changes = json.loads(line[6:])
                    stage = stage | changes | {side: stage.get(side, {}) | changes.get(side, {}) for side in "ab"}
        return stage

    def vote(self, verdict: str) -> dict[str, Any]:
        """Press a ballot button and return what the page shows then."""
        return self.event(f"vote_{verdict}", self.handle)


def is_skip(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update" and "value" not in value
