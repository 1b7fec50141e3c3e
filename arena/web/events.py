"""Checks the events that pages send: an event may hold short texts and handles, and nothing else.

Gradio takes a value such as `{"path": …, "meta": {"_type": "gradio.FileData"}}` for a file. Before any handler of ours
sees the event, Gradio copies the file at that path, or fetches it if the path is a URL. In an application that is
mounted into another, it does not even check where the file lies. Two checks prevent this. `EventGate` answers 400 to
every event that our pages would not send, and passes on only the values that it checked. `TextBlocks` repeats the check
inside Gradio, in case values arrive by another way.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arena.web.gradio_import import gr

PATH = "/gradio_api/run/predict"  # where a page sends an event that is outside Gradio's queue
JSON_TYPE = re.compile(r"application/json(\s*;\s*charset=utf-8)?", re.IGNORECASE)
SESSION = re.compile(r"[A-Za-z0-9]{1,32}")  # a page draws one at random
KEYS = {"data", "fn_index", "session_hash", "trigger_id", "event_data"}

Longest = tuple[int, ...]  # for each value of an event, how many characters it may have


class EventRefused(ValueError):
    """None of our pages sends such an event. Holds the sentence to answer with, and the HTTP status."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


class TextBlocks(gr.Blocks):  # type: ignore[misc]
    """Pages whose events take only texts.

    Each value of an event comes from a text field, and may be as long as the field's `max_length`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Gradio checks where a file lies only after `launch()`, which no mounted application calls.
        self.has_launched = True

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *rest: Any, **options: Any) -> list[Any]:
        """Return the values for a handler.

        Raises:
            EventRefused: one of them is not a text.
        """
        if not all(value is None or type(value) is str for value in inputs):
            raise EventRefused("Events take texts only.")
        values: list[Any] = await super().preprocess_data(block_fn, inputs, *rest, **options)
        return values

    def declared_events(self) -> dict[int, Longest]:
        """Return how long the values of each event may be, by the event's number.

        Events that only the browser handles are left out.

        Raises:
            TypeError: a handler takes something other than texts of limited length.
        """
        events = {}
        for number, event in self.fns.items():
            if event.fn is None:
                continue  # only the browser handles it
            for field in event.inputs:
                if not (isinstance(field, gr.Textbox) and field.max_length):
                    raise TypeError(f"`{event.api_name}` takes a {type(field).__name__} that is no text with a limit")
            events[number] = tuple(field.max_length for field in event.inputs)
        return events


class EventGate:
    """ASGI middleware in front of Gradio. Passes on the events that a page can send; answers 400 to all others.

    The answer is a JSON object whose `error` is one sentence.

    Args:
        app: handles the events, and all other requests.
        events: how long the values of each event may be, by the event's number.
        max_body_bytes: the longest body that is read.
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
    """Check the content type.

    Raises:
        EventRefused: it is not JSON, or it is given twice.
    """
    types = headers.getlist("content-type")
    if len(types) != 1 or not JSON_TYPE.fullmatch(types[0]):
        raise EventRefused("An event is sent as application/json.")


async def read_body(receive: Receive, max_bytes: int) -> bytes:
    """Return the body of a request. The length that its header claims is not trusted.

    Raises:
        EventRefused: the body is longer than `max_bytes`; the rest is not read.
        ClientDisconnect: the visitor left before the body was complete.
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
    """Return the event for Gradio: new JSON, made from the checked values only.

    Raises:
        EventRefused: no page could send this event.
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
    # Without its session: Gradio would keep 34 KiB for each of up to 10,000, and our pages have no state there.
    return json.dumps({"data": values, "fn_index": number}, allow_nan=False).encode()


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
    """Return a `receive` that gives `body` first, and then what comes next: the message that the visitor left."""
    rest = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_checked() -> Message:
        return rest.pop() if rest else await receive()

    return receive_checked
