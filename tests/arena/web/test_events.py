"""What events may bring: files, addresses and other shapes that no page sends do not reach Gradio."""

import gc
import json
import os
import random
import re
import signal
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gradio as gr
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from gradio.context import LocalContext
from gradio.exceptions import InvalidPathError
from gradio.state_holder import StateHolder
from gradio.utils import get_upload_folder
from starlette.routing import Mount

from arena.battles.battles import Battles
from arena.settings import Settings
from arena.voters.proof_of_work import MAX_CHARS
from arena.web.app import battle_pages
from arena.web.battle.page import ADDRESS_CHARS, CHOICES_CHARS
from arena.web.events import PATH, EventGate, EventRefused, TextBlocks, checked, read_body
from leaderboard import Verdict
from tests.arena.web.served_arena import ServedArena, Visitor
from tests.live.arena_process import ArenaProcess
from tests.live.watch import longest_turn_s, strange, watching

CONTENDERS = (Path(__file__).parents[2] / "browser" / "contenders.toml").read_text()
SERVER_FILES = ["/dev/zero", "/etc/passwd", "/proc/self/environ", "/etc/there-is-no-such-file", ".", "arena.db"]
NOTHING = "There is nothing here."
EVENTS = {0: (20, 64), 1: (64,)}


def file_at(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


def event(**changes: Any) -> dict[str, Any]:
    return {"data": ["hello", ""], "fn_index": 0, "session_hash": "x"} | changes


class Listener:
    """A server elsewhere, which counts who comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/file.png"

    def was_visited(self) -> bool:
        try:
            self._socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def elsewhere() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ArenaProcess]:
    """A real `arena serve`, whose Gradio would keep its files in `tmp_path/cache`."""
    process = ArenaProcess(tmp_path, contenders=CONTENDERS, GRADIO_TEMP_DIR=str(tmp_path / "cache"))
    yield process.start()
    process.kill()  # one that reads without end hears nothing else


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_no_event_reads_a_file_or_calls_an_address(process: ArenaProcess, elsewhere: Listener, tmp_path: Path):
    with httpx.Client(base_url=process.address, timeout=20) as stranger:
        answers = []
        for path in (*SERVER_FILES, str(tmp_path / "arena.db"), elsewhere.address):
            for number, data in enumerate([["{}", ""], ["{}"], ["{}"], ["{}"], ["", "{}"], [], ["{}"]]):
                filled = [file_at(path) if value == "{}" else value for value in data]
                answers.append(stranger.post(PATH, json=event(data=filled, fn_index=number)))
            url = file_at("x", url=path)
            answers.append(stranger.post(PATH, json=event(data=[url, ""])))
            answers.append(stranger.post(PATH, json=event(data=[[[url]], {"deeper": url}])))
            answers.append(stranger.post(PATH, json=event(event_data=url)))
        assert {answer.status_code for answer in answers} == {400}
        assert stranger.get("/healthz").status_code == 200
    assert not elsewhere.was_visited()
    assert files_under(tmp_path / "cache") == []
    asked_to_end = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - asked_to_end < 5  # the issue's own bound; nothing was running
    assert "Traceback" not in process.output


def test_a_path_that_exists_is_answered_like_one_that_does_not(http: httpx.Client):
    answers = [http.post(PATH, json=event(data=[file_at(path), ""])) for path in SERVER_FILES]
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (400, '{"error":"The data of an event are texts."}')
    }


def test_nothing_that_somebody_else_sends_fills_the_log(http: httpx.Client, capfd: pytest.CaptureFixture[str]):
    for body in (event(fn_index=-1), event(data=[]), event(fn_index=5, data=[]), {"data": []}, event(data=[{}, ""])):
        answer = http.post(PATH, json=body)
        assert answer.status_code == 400
        assert set(answer.json()) == {"error"}
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest_asyncio.fixture
async def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TextBlocks:
    """The pages as Gradio has them, with a file cache of their own."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    return battle_pages(Mock(Battles), settings=Settings())


@pytest.mark.filterwarnings("ignore:SSR mode is not supported")
async def test_gradio_refuses_files_also_where_no_gate_is_before_it(
    pages: TextBlocks, elsewhere: Listener, tmp_path: Path
):
    transport = httpx.ASGITransport(gr.mount_gradio_app(FastAPI(), pages, path="/", ssr_mode=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://arena", timeout=20) as stranger:
        for path in ("/etc/passwd", __file__, elsewhere.address):
            for value in (file_at(path), [file_at(path)], {"deeper": file_at("x", url=path)}):
                answer = await stranger.post(PATH, json=event(data=[value, ""]))
                assert (answer.status_code, answer.json()["error"]) == (500, "Events take texts only.")
    assert not elsewhere.was_visited()
    assert files_under(tmp_path / "cache") == []


@pytest_asyncio.fixture
async def paths(pages: TextBlocks) -> dict[str, list[str]]:
    """The methods of each path that the installed Gradio serves."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="SSR mode is not supported")
        app = gr.mount_gradio_app(FastAPI(), pages, path="/", ssr_mode=False)
    [gradio] = [route.app for route in app.routes if isinstance(route, Mount)]
    return {path: list(methods) for path, methods in gradio.openapi()["paths"].items()}


def test_of_all_paths_of_gradio_only_those_that_our_pages_use_are_there(
    paths: dict[str, list[str]], http: httpx.Client
):
    assert len(paths) > 50
    there = set()
    for path, methods in paths.items():
        for method in methods:
            answer = http.request(method, re.sub(r"\{\w+\}", "predict", path))
            if (answer.status_code, answer.text or NOTHING) != (404, NOTHING):
                there.add((method, path))
    files = ("/assets/{path}", "/static/{path}", "/theme.css", "/manifest.json", "/favicon.ico")
    read = {("get", path) for path in ("/", "/about", *files, "/gradio_api/app_id")}
    assert there - {("head", "/")} == read | {("post", "/gradio_api/run/{api_name}")}


async def test_the_check_of_gradio_itself_counts(pages: TextBlocks, tmp_path: Path):
    LocalContext.blocks.set(pages)
    with pytest.raises(InvalidPathError):
        await gr.Blocks.preprocess_data(pages, pages.fns[0], [file_at("/etc/passwd"), ""], None)
    assert files_under(tmp_path / "cache") == []


async def test_what_an_event_may_bring_is_what_its_fields_take(pages: TextBlocks):
    declared = {pages.fns[number].api_name: longest for number, longest in pages.declared_events().items()}
    prompt, handle = Settings().max_prompt_chars, ADDRESS_CHARS
    one = dict.fromkeys(
        ["answer_again", "restore", "stop_writing", *(f"vote_{verdict}" for verdict in Verdict), "report_a", "report_b"]
    )
    several = {"ask": (prompt, handle), "start_over": (prompt, handle), "prove": (MAX_CHARS,)}
    several |= dict.fromkeys(["choose", "choose_all"], (CHOICES_CHARS, prompt, handle))
    assert declared == several | dict.fromkeys(one, (handle,))


@pytest.mark.parametrize("field", [gr.Textbox, gr.File, gr.Chatbot, gr.JSON, gr.State])
async def test_a_page_whose_events_take_more_than_short_texts_does_not_start(field: type[Any]):
    with TextBlocks() as pages:
        entry = field()
        pages.load(lambda _: None, [entry], None)
    with pytest.raises(TypeError, match="no text with a limit"):
        pages.declared_events()


def test_an_event_is_handed_on_with_nothing_but_what_was_checked():
    body = event(data=["h\ud83d", None], trigger_id=5, event_data=None)
    assert json.loads(checked(json.dumps(body).encode(), EVENTS)) == {"data": ["h\ud83d", None], "fn_index": 0}


def test_no_session_of_a_visitor_is_kept(http: httpx.Client):
    for number in range(20):
        answer = http.post(PATH, json=event(data=["", ""], session_hash=f"invented{number}"))
        assert answer.status_code == 200
    kept = [one.session_data for one in gc.get_objects() if isinstance(one, StateHolder)]
    assert kept
    assert [session for sessions in kept for session in sessions if session.startswith("invented")] == []


NO_EVENTS = {
    "no JSON": b"hello",
    "empty": b"",
    "no object": b'["data"]',
    "null": b"null",
    "two objects": b'{"data":[],"fn_index":1}{}',
    "a key twice": b'{"data":[""],"data":[""],"fn_index":1,"session_hash":"x"}',
    "no UTF-8": b'{"data":["\xff"],"fn_index":1,"session_hash":"x"}',
    "UTF-16": json.dumps(event()).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(event()).encode(),
    "deep lists": b'{"data":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deep objects": b'{"data":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001,
    "never closed": b"[" * 60_000,
    "a long number": b'{"fn_index":' + b"9" * 60_000 + b"}",
}
NO_FIELDS: dict[str, dict[str, Any]] = {
    **{f"event {number!r}": {"fn_index": number} for number in (-1, 2, 10**30, 0.0, True, False, "0", None, [0], {})},
    **{f"session {hash_!r}": {"session_hash": hash_} for hash_ in (None, "", 5, "x" * 33, "a/b", "\n", ["x"], {})},
    **{
        f"data {data!r}": {"data": data} for data in (None, "", "ab", {}, [], [""], ["", "", ""], 5, {"0": "", "1": ""})
    },
    **{
        f"value {value!r}": {"data": ["hello", value]}
        for value in (5, 0, 1.5, True, [], ["x"], {}, {"value": "x"}, file_at("/etc/passwd"), "x" * 65)
    },
    "too long a prompt": {"data": ["x" * 21, ""]},
    "data of the event": {"event_data": {"index": 0}},
    "a trigger": {"trigger_id": "5"},
    "an unknown key": {"api_name": "ask"},
    "a batch": {"batched": True},
    "a token": {"oauth_token": "x"},
    "another's run": {"event_id": "x"},
    "the simple format": {"simple_format": True},
}


@pytest.mark.parametrize("body", NO_EVENTS.values(), ids=NO_EVENTS)
def test_what_is_no_event_gets_a_sentence(body: bytes):
    with pytest.raises(EventRefused) as refused:
        checked(body, EVENTS)
    assert str(refused.value).endswith(".")


def test_what_is_no_event_does_not_get_further_than_the_gate(http: httpx.Client):
    for body in NO_EVENTS.values():
        answer = http.post(PATH, content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, set(answer.json())) == (400, {"error"})
    assert http.get("/healthz").status_code == 200


@pytest.mark.parametrize("changes", NO_FIELDS.values(), ids=NO_FIELDS)
def test_an_event_with_a_part_that_no_page_sends_gets_a_sentence(changes: dict[str, Any]):
    checked(json.dumps(event()).encode(), EVENTS)
    with pytest.raises(EventRefused) as refused:
        checked(json.dumps(event(**changes)).encode(), EVENTS)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "content_type",
    [
        *(
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
        ),
        *("application/json; charset=utf-16", "application/json, text/plain", "application/vnd.api+json"),
    ],
)
def test_other_types_of_content_are_refused(http: httpx.Client, content_type: str):
    refused = http.post(PATH, content=json.dumps(event()), headers={"content-type": content_type})
    assert (refused.status_code, refused.json()) == (400, {"error": "An event is sent as application/json."})


def test_two_types_of_content_are_refused(http: httpx.Client):
    twice = [("content-type", "application/json"), ("content-type", "application/json")]
    assert http.post(PATH, content=json.dumps(event()), headers=twice).status_code == 400


async def test_a_body_is_not_read_beyond_its_limit_whatever_its_header_says():
    parts = iter([{"type": "http.request", "body": b"x" * 60, "more_body": True}] * 5)

    async def receive() -> Any:
        return next(parts)

    with pytest.raises(EventRefused) as refused:
        await read_body(receive, 100)
    assert refused.value.status == 413
    assert len(list(parts)) == 3


async def test_a_visitor_who_leaves_in_the_middle_of_a_body_is_let_go():
    parts = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(parts)

    async def never(*_: Any) -> None:
        pytest.fail("nobody is there to be answered")

    scope = {"type": "http", "path": PATH, "headers": [(b"content-type", b"application/json")]}
    await EventGate(never, events=EVENTS, max_body_bytes=100)(scope, receive, never)


# Fuzzing: shapes are grown at random from what Gradio and JSON treat specially, under a seed.

WORDS = ["", "hello", "\0", "\ud800", "../..", "/etc/passwd", "/proc/self/environ", "/dev/zero", "x" * 2000, "data:,x"]
WORDS += ["data:image/png;base64," + "iVBORw0KGgo" * 50, "data:text/html;base64,PHNjcmlwdD4="]
WORDS += ["__type__", "update", "gradio.FileData", "path", "url", "meta", "orig_name", "is_stream", "base64", "value"]
KEYS = WORDS[12:]
NUMBERS: list[Any] = [0, -1, 1, 2**63, 10**400, 1.5, float("inf"), float("nan"), True, None]


def grown(chance: random.Random, address: str, depth: int = 0) -> Any:
    """Return any JSON value."""
    kind = chance.choice(["word", "number", "file"] if depth > 4 else ["word", "number", "file", "list", "object"])
    if kind == "word":
        return chance.choice([*WORDS, address])
    if kind == "number":
        return chance.choice(NUMBERS)
    if kind == "list":
        return [grown(chance, address, depth + 1) for _ in range(chance.randrange(4))]
    if kind == "object":
        return {chance.choice(KEYS): grown(chance, address, depth + 1) for _ in range(chance.randrange(4))}
    path = chance.choice([*SERVER_FILES, address])
    more = chance.choice([{}, {"url": address}, {"orig_name": "../../x"}, {"is_stream": True}, {"size": -1}])
    return file_at(path, **more)


LIMITS = {
    1: (1000,),
    2: (5000, 1000),
    3: (40, 5000, 1000),
}  # a handle, after a prompt where there is one, after the choices of the voter


def is_fit(body: dict[str, Any], fields: dict[int, int]) -> bool:
    """Whether a page could send this, by a description of events that is not the gate's."""
    values, number = body["data"], body["fn_index"]
    return (
        set(body) - {"event_data"} == {"data", "fn_index", "session_hash"}
        and body.get("event_data") is None
        and type(number) is int
        and isinstance(values, list)
        and fields.get(number) == len(values)
        and all(
            value is None or (isinstance(value, str) and len(value) <= limit)
            for value, limit in zip(values, LIMITS[len(values)], strict=True)
        )
    )


def fuzz(visitor: Visitor, elsewhere: Listener, *, shapes: int) -> None:
    """Send each event shapes that it may and may not take, and hold the arena to its answers."""
    chance = random.Random(20261129)
    fields = {one["id"]: len(one["inputs"]) for one in visitor.config["dependencies"] if one["backend_fn"]}
    numbers = [one["id"] for one in visitor.config["dependencies"]]
    taken = 0
    for _ in range(shapes):
        number = chance.choice(numbers) if chance.random() < 0.9 else grown(chance, elsewhere.address)
        width = fields.get(number, 1) if isinstance(number, int) else 1
        values = [chance.choice(WORDS[:8]) if chance.random() < 0.4 else grown(chance, elsewhere.address)]
        values += [chance.choice(["", None, "nosuchhandle"]) for _ in range(width - 1)]
        body = {"data": values, "fn_index": number, "session_hash": "x"}
        if chance.random() < 0.1:
            body[chance.choice(["data", "event_data", "batched", "simple_format"])] = grown(chance, elsewhere.address)
        answer = visitor.call(body)
        fit = is_fit(body, fields)
        taken += fit
        assert answer.status_code == (200 if fit else 400), (body, answer.text)
        assert fit or set(answer.json()) == {"error"}, body
        assert "root:" not in answer.text
    assert 0 < taken < shapes
    assert visitor.http.get("/healthz").status_code == 200
    assert not elsewhere.was_visited()


def flood(visitor: Visitor) -> None:
    """Send each event what is too long and what is too deep."""
    deep = '{"data":[' + "[" * 900 + "]" * 900 + '],"fn_index":%d,"session_hash":"x"}'
    for one in visitor.config["dependencies"]:
        number, width = one["id"], len(one["inputs"]) or 1
        answers = [
            visitor.call(event(data=["x" * 5_000_000] * width, fn_index=number)),
            visitor.call(event(data=["x" * 20_000] * width, fn_index=number)),
            visitor.http.post(PATH, content=deep % number, headers={"content-type": "application/json"}),
        ]
        assert [answer.status_code for answer in answers] == [413, 400, 400]


def test_random_shapes_are_taken_or_refused_and_change_nothing_else(
    visitor: Visitor, arena: ServedArena, elsewhere: Listener
):
    cache = Path(get_upload_folder())
    before = files_under(cache)
    with watching() as watched:
        fuzz(visitor, elsewhere, shapes=120)
    assert files_under(cache) == before
    there = strange(watched, Path(str(arena.database.engine.url.database)).parent)
    assert {line for line in there if not line.startswith("connect ('127.0.0.1', ")} == set()  # the visitor is here too


@pytest.mark.slow
def test_ten_thousand_random_shapes_are_too(tmp_path: Path, elsewhere: Listener):
    """And no file is opened but those of the package and the database, nobody called, and the event loop stays free."""
    process = ArenaProcess(tmp_path, contenders=CONTENDERS, watched=True, GRADIO_TEMP_DIR=str(tmp_path / "cache"))
    with process:
        visitor = Visitor(process.address)
        flood(visitor)
        # At its start it looks for local model servers, and compiles Gradio's page.
        at_start, begun = strange(process.watched, tmp_path), len(process.watched)
        fuzz(visitor, elsewhere, shapes=10_000)
        flood(visitor)
        visitor.http.close()
        assert files_under(tmp_path / "cache") == []
        assert process.stop() == 0
    assert "Traceback" not in process.output
    assert strange(process.watched, tmp_path) == at_start
    assert longest_turn_s(process.watched[begun:]) < 0.2  # the issue's own bound


@pytest.mark.slow
def test_a_signal_ends_it_at_any_moment_of_such_a_flood(tmp_path: Path):
    chance = random.Random(20261129)
    process = ArenaProcess(tmp_path, contenders=CONTENDERS)
    for _ in range(12):
        process.start()
        visitor = Visitor(process.address)
        ending = threading.Timer(chance.uniform(0, 2), os.kill, [process.pid, signal.SIGTERM])
        ending.start()
        with suppress(httpx.TransportError):
            while True:
                flood(visitor)
                for _ in range(50):
                    visitor.call(event(data=[grown(chance, ""), ""]))
        asked = time.monotonic()
        ending.join()
        assert process.stop() == 0
        assert time.monotonic() - asked < 30  # of a machine that does other things too
        visitor.http.close()
    assert "Traceback" not in process.output
