"""What an event of the pages may bring: short texts and handles, as many as its page sends, and nothing else.

Gradio takes a value such as `{"path": …, "meta": {"_type": "gradio.FileData"}}` for a file. It copies what is there, or
fetches it if the path is a URL, before any handler of ours sees the event; and it leaves out the check of where the
file lies in an application that is mounted into another. Two locks stand before that. `EventGate` answers whatever our
pages would not send with 400, and hands on only what it checked. `TextBlocks` refuses the same once more inside of
Gradio, whichever way the values took.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arena.web.quick_gradio import gr

PATH = "/gradio_api/run/predict"  # where a page sends an event that is outside Gradio's queue
JSON_TYPE = re.compile(r"application/json(\s*;\s*charset=utf-8)?", re.IGNORECASE)
SESSION = re.compile(r"[A-Za-z0-9]{1,32}")  # a page draws one at random
KEYS = {"data", "fn_index", "session_hash", "trigger_id", "event_data"}

Longest = tuple[int, ...]  # for each value of an event, how many characters it may have


class EventRefused(ValueError):
    """No page of ours sends such an event. Holds the sentence that is answered, and the status."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


class TextBlocks(gr.Blocks):  # type: ignore[misc]
    """Pages whose events take texts only.

    An event's values are its text fields, and how long each may be is the `max_length` of the field.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Gradio checks where a file lies only after `launch()`, which no mounted application calls.
        self.has_launched = True

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *rest: Any, **options: Any) -> list[Any]:
        """Return the values for a handler.

        Raises:
            EventRefused: one of them is no text.
        """
        if not all(value is None or type(value) is str for value in inputs):
            raise EventRefused("Events take texts only.")
        values: list[Any] = await super().preprocess_data(block_fn, inputs, *rest, **options)
        return values

    def declared_events(self) -> dict[int, Longest]:
        """Return what each event that the server handles may bring, by its number.

        Raises:
            TypeError: a handler takes something else than texts of limited length.
        """
        events = {}
        for number, event in self.fns.items():
            if event.fn is None:
                continue  # it is the browser's own
            for field in event.inputs:
                if not (isinstance(field, gr.Textbox) and field.max_length):
                    raise TypeError(f"`{event.api_name}` takes a {type(field).__name__} that is no text with a limit")
            events[number] = tuple(field.max_length for field in event.inputs)
        return events


class EventGate:
    """ASGI middleware in front of Gradio that lets through what a page can send; everything else is 400.

    The answer is a JSON object whose `error` is one sentence.

    Args:
        app: what handles the events, and whatever else is asked.
        events: what each event may bring, by its number.
        max_body_bytes: longest body read.
    """

    def __init__(self, app: ASGIApp, *, events: Mapping[int, Longest], max_body_bytes: int) -> None:
        self._app = app
        self._events = events
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        try:
            refuse_other_types(Headers(scope=scope))
            event = checked(await read_body(receive, self._max_body_bytes), self._events)
        except ClientDisconnect:
            return
        except EventRefused as refusal:
            await JSONResponse({"error": str(refusal)}, refusal.status)(scope, receive, send)
            return
        await self._app(_with_length(scope, len(event)), _giving(event, receive), send)


def refuse_other_types(headers: Headers) -> None:
    """Look how the body is declared.

    Raises:
        EventRefused: not as JSON, or twice.
    """
    types = headers.getlist("content-type")
    if len(types) != 1 or not JSON_TYPE.fullmatch(types[0]):
        raise EventRefused("An event is sent as application/json.")


async def read_body(receive: Receive, max_bytes: int) -> bytes:
    """Return the body of a request, whatever length its header says.

    Raises:
        EventRefused: it goes on after `max_bytes`; the rest is not read.
        ClientDisconnect: the visitor left in the middle of it.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > max_bytes:
            raise EventRefused("The request is too long.", 413)
        if not message.get("more_body"):
            return bytes(body)


def checked(body: bytes, events: Mapping[int, Longest]) -> bytes:
    """Return the event as Gradio shall see it, written anew from what was checked.

    Raises:
        EventRefused: it is none that a page could send.
    """
    try:
        event = json.loads(body.decode(), object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        raise EventRefused("An event is one JSON object in UTF-8, with each key once.") from None
    if type(event) is not dict or not event.keys() <= KEYS:
        raise EventRefused(f"An event has the keys {', '.join(sorted(KEYS))} only.")
    number, session = event.get("fn_index"), event.get("session_hash")
    if type(number) is not int or number not in events:
        raise EventRefused("There is no such event.")
    if type(session) is not str or not SESSION.fullmatch(session):
        raise EventRefused("The session_hash is up to 32 letters and digits.")
    if event.get("event_data") is not None or type(event.get("trigger_id")) not in {int, type(None)}:
        raise EventRefused("The event_data is null, and the trigger_id a whole number.")
    values = _texts(event.get("data"), events[number])
    return json.dumps({"data": values, "fn_index": number, "session_hash": session}, allow_nan=False).encode()


def _texts(values: object, longest: Longest) -> list[str | None]:
    if not isinstance(values, list) or len(values) != len(longest):
        raise EventRefused(f"The data of this event is a list of {len(longest)}.")
    for value, limit in zip(values, longest, strict=True):
        if value is not None and type(value) is not str:
            raise EventRefused("The data of an event are texts.")
        if value and len(value) > limit:
            raise EventRefused(f"A text has {len(value):,} characters; {limit:,} are allowed here.")
    return values


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _with_length(scope: Scope, length: int) -> Scope:
    scope = {**scope, "headers": [*scope["headers"]]}
    headers = MutableHeaders(scope=scope)
    headers["content-length"] = str(length)
    return scope


def _giving(body: bytes, receive: Receive) -> Receive:
    """Return what gives `body` first and then what comes after it, which is that the visitor leaves."""
    rest = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_checked() -> Message:
        return rest.pop() if rest else await receive()

    return receive_checked
