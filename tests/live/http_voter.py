"""A voter without a browser: speaks the page's own protocol over plain HTTP.

An event is a `POST run/predict` and is answered with the new values. Replies come from the page's own stream.
"""

import json
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Self

import aiohttp

from arena.db.states import SIDES
from arena.web.battle import stream
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

    async def arrive(self) -> Self:
        """Load the page: gives the cookie and the list of events."""
        async with self._http.get(f"{self._address}/") as answer:
            page = await answer.text()
        config, _ = json.JSONDecoder().raw_decode(page[page.index(CONFIG) + len(CONFIG) :])
        components = {component["id"]: component["props"] for component in config["components"]}
        self._names = {number: props.get("elem_id") or str(number) for number, props in components.items()}
        self._events = {event["api_name"]: event for event in config["dependencies"]}
        return self

    async def ask(self, prompt: str, handle: str = "") -> Shown:
        """Send a prompt and return the page; the replies come by `follow`."""
        return await self._event("ask", prompt, handle)

    async def agree_and_ask(self, prompt: str) -> Shown:
        """Allow everything on the panel that a first prompt meets, send the prompt, and return the page."""
        return await self._event("choose", "battle vote text", prompt, "")

    async def follow(self, handle: str) -> AsyncGenerator[Shown, None]:
        """Yield the page each time it changes, until both replies have ended."""
        stage: dict[str, Any] = {}
        async with aclosing(self.changes(handle)) as all_changes:
            async for changes in all_changes:
                sides = {side: {**stage.get(side, {}), **changes.get(side, {})} for side in SIDES}
                stage = stage | changes | sides
                yield {"stage": stage}

    async def changes(self, handle: str) -> AsyncGenerator[dict[str, Any], None]:
        """Yield what changes on the stage, as it is sent."""
        async with self._http.get(f"{self._address}{stream.PATH}", params={"battle": handle}) as answer:
            answer.raise_for_status()
            async for line in answer.content:
                if line.startswith(b"event: end"):
                    return
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])
        raise aiohttp.ServerDisconnectedError

    async def see_the_end(self, handle: str) -> Shown:
        """Wait until both replies have ended and return the page."""
        return [shown async for shown in self.follow(handle)][-1]

    async def vote(self, handle: str, verdict: Verdict) -> Shown:
        """Press a button of the ballot and return the page."""
        return await self._event(f"vote_{verdict}", handle)

    async def come_back(self, handle: str) -> Shown:
        """Load a battle again and return the page."""
        return await self._event("restore", handle)

    async def _event(self, name: str, *values: str) -> Shown:
        event = self._events[name]
        call = {"data": [*values], "fn_index": event["id"], "session_hash": secrets.token_hex(6)}
        async with self._http.post(f"{self._address}/gradio_api/run/predict", json=call) as answer:
            answer.raise_for_status()
            data = (await answer.json())["data"]
        return dict(zip((self._names[number] for number in event["outputs"]), data, strict=True))
