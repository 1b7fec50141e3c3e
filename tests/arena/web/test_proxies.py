"""What is true of a request, whoever handed it on; and a whole arena behind a proxy, below its host, in a frame."""

import logging
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from arena.battles.battles import Battles
from arena.board.standings import Standings
from arena.contenders.opened import OpenContenders
from arena.settings import Settings
from arena.web.app import create_app
from arena.web.proxies import Proxies
from arena.web.rate_limits import is_expensive
from arena.web.security import HEADERS
from arena.web.trusted_networks import TrustedNetworks
from tests.arena.web.served_arena import ServedArena

PROXY, OTHER_PROXY, CLIENT, STRANGER = "10.0.0.1", "10.0.0.2", "203.0.113.7", "198.51.100.9"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope)
    seen = {
        "client": scope["client"][0],
        "url": str(request.url),
        "path": scope["path"],
        "told": [name for name in request.headers if name.startswith(("x-", "forwarded"))],
    }
    await JSONResponse(seen)(scope, receive, send)


async def ask(
    app: ASGIApp, url: str, headers: Mapping[str, str] | list[tuple[str, str]], *, peer: str
) -> httpx.Response:
    transport = httpx.ASGITransport(app, client=(peer, 4711))
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.get(url, headers=headers)


async def seen(
    headers: Mapping[str, str] | list[tuple[str, str]], *, peer: str, trusted: str = "10.0.0.0/8"
) -> dict[str, Any]:
    answer = await ask(Proxies(echo, trusted=TrustedNetworks.parse(trusted)), "http://inner:7860/x", headers, peer=peer)
    assert answer.status_code == 200
    result: dict[str, Any] = answer.json()
    return result


FORWARDED = {
    "x-forwarded-for": CLIENT,
    "x-forwarded-host": "arena.example.org",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "443",
    "forwarded": "for=1.2.3.4;proto=https",
    "x-real-ip": "1.2.3.4",
    "x-gradio-server": "https://evil.example",
}


async def test_a_trusted_proxy_is_believed():
    assert await seen(FORWARDED, peer=PROXY) == {
        "client": CLIENT,
        "url": "https://arena.example.org/x",
        "path": "/x",
        "told": [],
    }


async def test_nobody_else_is():
    plain = {"client": STRANGER, "url": "http://inner:7860/x", "path": "/x", "told": []}
    assert await seen(FORWARDED, peer=STRANGER) == plain
    assert await seen(FORWARDED, peer="127.0.0.1", trusted="") == plain | {"client": "127.0.0.1"}


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        (f"1.2.3.4, {CLIENT}", CLIENT),
        (f"1.2.3.4, {CLIENT}, {OTHER_PROXY}", CLIENT),
        (f"{PROXY}, {CLIENT}", CLIENT),
        (f"{CLIENT}:4711", CLIENT),
        ("2001:db8::7, [fd00::1]:80", "fd00::1"),
        (f"{OTHER_PROXY}, {PROXY}", OTHER_PROXY),
        (f"{CLIENT}, unknown, {OTHER_PROXY}", OTHER_PROXY),
        (f"{CLIENT}, <script>", PROXY),
        (" , ,", PROXY),
        ("", PROXY),
    ],
)
async def test_the_client_is_the_first_from_the_right_that_is_no_trusted_proxy(chain: str, client: str):
    assert (await seen({"x-forwarded-for": chain}, peer=PROXY))["client"] == client


async def test_a_chain_in_several_headers_is_one_chain():
    chain = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", CLIENT), ("x-forwarded-for", OTHER_PROXY)]
    assert (await seen(chain, peer=PROXY))["client"] == CLIENT


async def test_a_thousand_invented_addresses_from_one_socket_are_one_client():
    behind = {
        (await seen({"x-forwarded-for": f"11.{n // 250}.{n % 250}.1, {CLIENT}"}, peer=PROXY))["client"]
        for n in range(1000)
    }
    direct = {
        (await seen({"x-forwarded-for": f"11.{n // 250}.{n % 250}.1"}, peer=STRANGER))["client"] for n in range(1000)
    }
    assert (behind, direct) == ({CLIENT}, {STRANGER})


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ({"x-forwarded-proto": "https"}, "https://inner:7860/x"),
        ({"x-forwarded-proto": "HTTPS"}, "https://inner:7860/x"),
        ({"x-forwarded-proto": "javascript"}, "http://inner:7860/x"),
        # The client wrote the first, the proxy added what it saw.
        ({"x-forwarded-for": CLIENT, "x-forwarded-proto": "https, http"}, "http://inner:7860/x"),
        ({"x-forwarded-for": CLIENT, "x-forwarded-host": "evil.example, real.example"}, "http://real.example/x"),
        # Two proxies: the outer one speaks of the client, the inner one of the outer one.
        (
            {"x-forwarded-for": f"{CLIENT}, {OTHER_PROXY}", "x-forwarded-proto": "https, http"},
            "https://inner:7860/x",
        ),
        ({"x-forwarded-for": f"{CLIENT}, {OTHER_PROXY}", "x-forwarded-proto": "https"}, "https://inner:7860/x"),
    ],
)
async def test_scheme_and_host_are_those_that_the_client_used(told: dict[str, str], url: str):
    assert (await seen(told, peer=PROXY))["url"] == url


async def test_a_proxy_that_is_not_trusted_is_told_to_the_operator_once(caplog: pytest.LogCaptureFixture):
    app = Proxies(echo, trusted=TrustedNetworks.parse("10.0.0.1"))
    with caplog.at_level(logging.WARNING):
        for peer in (PROXY, STRANGER, STRANGER, OTHER_PROXY):
            await ask(app, "http://inner/x", FORWARDED, peer=peer)
            await ask(app, "http://inner/x", {}, peer=peer)
    assert [record.getMessage().split()[0] for record in caplog.records] == [STRANGER, OTHER_PROXY]
    assert "ARENA_TRUSTED_PROXIES" in caplog.text


ALLOWED = ("arena.example.org", "*.lab.example", "other.example:8443", "[2001:db8::7]")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(
            (host, 200)
            for host in ("arena.example.org", "ARENA.example.org:8080", "arena.example.org.", "a.lab.example")
        ),
        *((host, 200) for host in ("a.b.lab.example", "other.example:8443", "[2001:db8::7]:80")),
        *((host, 421) for host in ("evil.example", "lab.example", "other.example", "arena.example.org.evil.example")),
        *((host, 421) for host in ("evilarena.example.org", "127.0.0.1", "localhost", "other.example:80")),
        *((host, 400) for host in ("a b", "a/b", "<script>", "a@b", "arena.example.org:x", "[::1", "a,b", "x" * 300)),
    ],
)
async def test_only_the_names_that_were_given_are_answered(host: str, status: int):
    answer = await ask(Proxies(echo, allowed_hosts=ALLOWED), "http://inner/x", {"host": host}, peer=STRANGER)
    assert answer.status_code == status
    assert host not in answer.text or status == 200
    if status != 200:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS


async def test_a_name_in_a_header_of_a_trusted_proxy_is_checked_too():
    app = Proxies(echo, trusted=TrustedNetworks.parse(PROXY), allowed_hosts=ALLOWED)
    for host, status in (("arena.example.org", 200), ("evil.example", 421), ("a b", 400)):
        assert (await ask(app, "http://inner/x", {"x-forwarded-host": host}, peer=PROXY)).status_code == status


async def test_machines_may_ask_whether_it_is_well_and_this_machine_may_ask_anything():
    app = Proxies(echo, allowed_hosts=ALLOWED)
    assert (await ask(app, "http://10.244.0.7:7860/healthz", {}, peer=STRANGER)).status_code == 200
    for own in ("127.0.0.1:7860", "localhost", "[::1]:7860"):
        assert (await ask(app, f"http://{own}/", {}, peer="127.0.0.1")).status_code == 200


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("/arena/", "/"),
        ("/arena/battles/7?x=/arena/", "/battles/7"),
        ("/battles/7", "/battles/7"),
        ("/arenas/", "/arenas/"),
        ("/arena/arena/x", "/arena/x"),
    ],
)
async def test_a_proxy_may_take_the_root_away_or_leave_it(path: str, inner: str):
    answer = await ask(Proxies(echo, root_path="/arena"), f"http://host{path}", {}, peer=CLIENT)
    assert answer.json()["path"] == inner


async def test_the_root_without_its_slash_leads_to_the_page_and_to_no_other_host():
    app = Proxies(echo, root_path="/arena")
    assert (await ask(app, "http://host/arena?battle=x", {}, peer=CLIENT)).headers["location"] == "/arena/?battle=x"
    moved = await ask(app, "http://host/arena", {"x-forwarded-host": "evil.example"}, peer=CLIENT)
    assert (moved.status_code, moved.headers["location"]) == (308, "/arena/")


IN_ONE_LOOP = pytest.mark.asyncio(loop_scope="module")
ADDRESS = re.compile(r"""(?:href|src|action|data-source|data-plotly)=\\?["'](/[^"'\\]*)""")
PAGES = (
    *("/", "/about", "/leaderboard", "/leaderboard/depth", "/leaderboard/transparency", "/leaderboard/method"),
    *("/leaderboard/snapshots", "/leaderboard/benchmarks", "/compare?a=gpt&b=alpaca-7b", "/battles"),
    "/contenders/alpaca-7b",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def placed(board_arena: tuple[ServedArena, str]) -> AsyncIterator[FastAPI]:
    """The arena with the filled board, below a host, behind a proxy, and in frames of one site."""
    settings = Settings(
        publish_conversations=True,
        root_path="/arena",
        trusted_proxies=PROXY,
        frame_ancestors="https://lab.example",
        operator_password="hum",
        expensive_per_minute=10_000,
    )
    database = board_arena[0].database
    opened = OpenContenders({})
    battles = Battles(database, opened, settings=settings)
    yield create_app(battles, Standings(database), settings=settings)
    await battles.aclose()
    await opened.aclose()


async def get(app: ASGIApp, *paths: str, **headers: str) -> list[httpx.Response]:
    """Ask through the proxy, which takes the root away."""
    told = {"x-forwarded-for": CLIENT, "x-forwarded-proto": "https", "x-forwarded-host": "lab.example"}
    transport = httpx.ASGITransport(app, client=(PROXY, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://inner", headers=told | headers) as client:
        return [await client.get(path) for path in paths]


@IN_ONE_LOOP
async def test_every_address_of_every_page_lies_below_the_root_and_is_there(placed: FastAPI):
    async def walked() -> tuple[set[str], dict[str, int]]:
        pages = await get(placed, *PAGES, "/api/plots/ratings", "/api/plots/battles", "/api/plots/categories")
        found = {address for page in pages for address in ADDRESS.findall(page.text)}
        found |= {
            address for page in pages for address in re.findall(r'"(/(?:battles|compare|contenders)[^"]*)"', page.text)
        }
        battle = next(address for address in found if re.fullmatch("/arena/battles/[^/?]+", address))
        pages = await get(placed, battle)
        found |= {address for page in pages for address in ADDRESS.findall(page.text)}
        inner = sorted({address.partition("#")[0].replace("&amp;", "&") for address in found})
        answers = await get(placed, *inner)
        return found, {address: answer.status_code for address, answer in zip(inner, answers, strict=True)}

    found, answered = await walked()
    assert [address for address in found if not address.startswith("/arena/")] == []
    assert {address: status for address, status in answered.items() if status != 200} == {}
    assert len(answered) > 60


@IN_ONE_LOOP
async def test_gradios_page_and_its_preview_know_only_the_name_that_the_visitor_used(placed: FastAPI):
    (page,) = await get(placed, "/")
    assert '"root":"https://lab.example/arena"' in page.text.replace(": ", ":")
    assert set(re.findall(r"https?://[^/\"']+", page.text)) == {"https://lab.example"}
    assert re.findall(r'<meta property="og:title" content="([^"]*)"', page.text) == ["Alpaca Arena"]
    assert "manifest" not in page.text.partition("<body")[0].partition("window.gradio_config")[0]


@IN_ONE_LOOP
async def test_a_stranger_who_claims_to_be_a_proxy_changes_nothing(placed: FastAPI):
    evil = {"x-forwarded-host": "evil.example", "x-gradio-server": "https://evil.example", "x-forwarded-proto": "https"}
    answer = await ask(placed, "http://inner/", evil, peer=STRANGER)
    assert "evil.example" not in answer.text
    assert "Secure" not in answer.headers["set-cookie"]


@IN_ONE_LOOP
async def test_the_cookie_is_the_arenas_alone_and_survives_a_frame_only_where_it_must(placed: FastAPI):
    (direct,) = await get(placed, "/")
    assert direct.headers["set-cookie"].split("; ")[2:] == ["Path=/arena/", "HttpOnly", "SameSite=Lax", "Secure"]
    framing = {"sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    (framed,) = await get(placed, "/", **framing)
    assert framed.headers["set-cookie"].split("; ")[4:] == ["SameSite=None", "Secure", "Partitioned"]
    for answer in (direct, framed):
        assert answer.headers["cache-control"] == "private, no-cache"


@IN_ONE_LOOP
async def test_pages_may_be_framed_by_the_named_site_and_operators_by_nobody(placed: FastAPI):
    *pages, operations = await get(placed, "/", "/leaderboard", "/api/leaderboard", "/no", "/operations")
    for page in pages:
        assert "frame-ancestors 'self' https://lab.example" in page.headers["content-security-policy"]
        assert "x-frame-options" not in page.headers
    assert "frame-ancestors 'none'" in operations.headers["content-security-policy"]
    assert operations.headers["x-frame-options"] == "DENY"


@IN_ONE_LOOP
async def test_head_answers_wherever_get_does(placed: FastAPI):
    async def heads() -> list[tuple[int, int, int]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(placed), base_url="http://inner") as client:
            paths = [*PAGES, "/api/leaderboard", "/api/leaderboard.csv", "/arena.css", "/plotly.js", "/healthz", "/no"]
            both = [(await client.head(path), await client.get(path)) for path in paths]
        return [(head.status_code, get.status_code, len(head.content)) for head, get in both]

    assert [found for found in await heads() if found[0] != found[1] or found[2]] == []


VALUES = {"name": "wins", "slug": "alpaca-7b", "snapshot_id": "nosuchid", "battle_id": "1", "id": "1"}


def routes_of(app: FastAPI) -> list[str]:
    """Return the address of each route of ours and of Gradio's, with values where they take some."""
    paths = {route.path for route in app.routes if isinstance(route, Route)}
    for mounted in app.routes:
        if isinstance(mounted, Mount) and isinstance(mounted.app, FastAPI):
            paths |= {route.path for route in mounted.app.routes if isinstance(route, Route)}
    return sorted(re.sub(r"\{(\w+)(:\w+)?\}", lambda value: VALUES.get(value[1], "x"), path) for path in paths)


@IN_ONE_LOOP
async def test_every_route_carries_every_security_header(placed: FastAPI):
    routes = routes_of(placed)
    assert len(routes) > 40
    without = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(placed), base_url="http://inner") as client:
        for method in ("GET", "HEAD", "POST"):
            for path in routes:
                headers = (await client.request(method, path)).headers
                missing = {name for name in HEADERS if name != "x-frame-options" and name not in headers}
                if missing or "frame-ancestors" not in headers["content-security-policy"]:
                    without[method, path] = missing
    assert without == {}


@IN_ONE_LOOP
async def test_every_address_of_data_is_limited_or_known_to_be_cheap(placed: FastAPI):
    data = {path for path in routes_of(placed) if path.startswith("/api/")}
    cheap = {path for path in data if not is_expensive({"path": path, "query_string": b""})}
    assert cheap == {"/api/leaderboard", "/api/leaderboard/schema", "/api/benchmarks", "/api/snapshots"}


@IN_ONE_LOOP
async def test_the_limit_counts_the_clients_that_proxies_tell_of(placed: FastAPI):
    layers = [getattr(layer.cls, "__name__", "") for layer in placed.user_middleware]
    assert layers == ["Proxies", "HeadRequests", "Gatekeeper", "RateLimits", "EventGate", "GZipMiddleware"]
