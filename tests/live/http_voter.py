"""A voter without a browser: speaks the page's own protocol, Gradio's queue, over plain HTTP.

An event is sent with `POST queue/join` and its results come back as server-sent events: the first result whole, the
later ones as differences, at last what the event ended with.
"""

import json
import secrets
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
from gradio_client.utils import apply_diff

from arena.web import texts
from leaderboard import Verdict

CONFIG = "window.gradio_config = "
Shown = dict[str, Any]  # elem_id of a component → what the page shows there


class HttpVoter:
    """One visitor with a cookie of its own in `http`; each event uses a session of its own, as a new tab would."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http = http
        self._address = address
        self._events: dict[str, Any] = {}
        self._names: dict[int, str] = {}

    async def arrive(self) -> "HttpVoter":
        """Load the page: gives the cookie and the list of events."""
        async with self._http.get(f"{self._address}/") as answer:
            page = await answer.text()
        config, _ = json.JSONDecoder().raw_decode(page[page.index(CONFIG) + len(CONFIG) :])
        components = {component["id"]: component["props"] for component in config["components"]}
        self._names = {number: props.get("elem_id") or str(number) for number, props in components.items()}
        for event in config["dependencies"]:
            self._events.setdefault(event["api_name"], event)
            for target, _trigger in event["targets"]:
                self._events.setdefault(str(components.get(target, {}).get("value")), event)
        return self

    async def ask(self, prompt: str, handle: str = "") -> Shown:
        """Send a prompt and return the page; the replies come by `follow`."""
        return await self._last("ask", prompt, handle)

    async def follow(self, handle: str) -> AsyncGenerator[Shown, None]:
        """Yield the page each time it changes, until both replies have ended."""
        async for shown in self._run("follow", handle):
            yield shown

    async def see_the_end(self, handle: str) -> Shown:
        """Wait until both replies have ended and return the page."""
        return await self._last("follow", handle)

    async def vote(self, handle: str, verdict: Verdict) -> Shown:
        """Press a button of the ballot and return the page."""
        return await self._last(texts.VERDICTS[verdict], handle)

    async def come_back(self, handle: str) -> Shown:
        """Load a battle again and return the page."""
        return await self._last("restore", handle)

    async def _last(self, event: str, *values: str) -> Shown:
        return [shown async for shown in self._run(event, *values)][-1]

    async def _run(self, name: str, *values: str) -> AsyncGenerator[Shown, None]:
        event = self._events[name]
        session = secrets.token_hex(6)
        call = {"data": [*values], "fn_index": event["id"], "session_hash": session, "event_data": None}
        async with self._http.post(f"{self._address}/gradio_api/queue/join", json=call) as answer:
            answer.raise_for_status()
            await answer.read()
        outputs = [self._names[number] for number in event["outputs"]]
        async with self._http.get(f"{self._address}/gradio_api/queue/data", params={"session_hash": session}) as answer:
            answer.raise_for_status()
            values_shown: list[Any] = []
            async for message in _messages(answer):
                match message["msg"]:
                    case "process_generating":
                        data = message["output"]["data"]
                        differs = bool(values_shown)
                        values_shown = (
                            [apply_diff(old, new) for old, new in zip(values_shown, data, strict=True)]
                            if differs
                            else data
                        )
                        yield dict(zip(outputs, values_shown, strict=True))
                    case "process_completed":
                        assert message["success"], message
                        data = message["output"].get("data") or []
                        if not values_shown:
                            yield dict(zip(outputs, data, strict=True))
                        return
        raise aiohttp.ServerDisconnectedError("the stream ended before the event did")


async def _messages(answer: aiohttp.ClientResponse) -> AsyncGenerator[dict[str, Any], None]:
    async for line in answer.content:
        if line.startswith(b"data: "):
            yield json.loads(line[6:])
