"""A voter without a browser: speaks the page's own protocol, Gradio's queue, over plain HTTP.

An event is sent with `POST queue/join` and its results come back as server-sent events: the first result whole, the
later ones as differences, at last what the event ended with. Replies come from the page's own stream.
"""

import json
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import aiohttp
from gradio_client.utils import apply_diff

from arena.battle_view import SIDES
from arena.web import stream, texts
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
        return await self._last(texts.VERDICTS[verdict], handle)

    async def come_back(self, handle: str) -> Shown:
        """Load a battle again and return the page."""
        return await self._last("restore", handle)

    async def messages(self, name: str, *values: str) -> AsyncGenerator[dict[str, Any], None]:
        """Send the event `name` and yield what comes back, message by message as the queue sends them."""
        session = secrets.token_hex(6)
        call = {"data": [*values], "fn_index": self._events[name]["id"], "session_hash": session}
        async with self._http.post(f"{self._address}/gradio_api/queue/join", json=call) as answer:
            answer.raise_for_status()
            await answer.read()
        async with self._http.get(f"{self._address}/gradio_api/queue/data?session_hash={session}") as answer:
            answer.raise_for_status()
            async for line in answer.content:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

    async def _last(self, event: str, *values: str) -> Shown:
        return [shown async for shown in self._run(event, *values)][-1]

    async def _run(self, name: str, *values: str) -> AsyncGenerator[Shown, None]:
        outputs = [self._names[number] for number in self._events[name]["outputs"]]
        shown: list[Any] = []
        async with aclosing(self.messages(name, *values)) as messages:
            async for message in messages:
                match message["msg"]:
                    case "process_generating":
                        data = message["output"]["data"]
                        shown = [apply_diff(*pair) for pair in zip(shown, data, strict=True)] if shown else data
                        yield dict(zip(outputs, shown, strict=True))
                    case "process_completed" if message["success"]:
                        # A generator's last result comes once more.
                        if not shown:
                            yield dict(zip(outputs, message["output"]["data"], strict=True))
                        return
                    case "process_completed" | "unexpected_error":
                        raise aiohttp.ClientError(str(message))
        raise aiohttp.ServerDisconnectedError
