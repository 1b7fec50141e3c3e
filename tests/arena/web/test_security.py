"""Who is let in, to what, and with which headers."""

from collections.abc import Callable

import httpx
import pytest
from starlette.datastructures import Headers

from arena.web.plain_pages import CONTENT_SECURITY_POLICY
from arena.web.security import COOKIE, HEADERS, cookie_header, is_foreign, voter_key, without_cookie
from arena.web.texts import say
from tests.arena.web.served_arena import ServedArena, Visitor

FORBIDDEN = [
    *("/config", "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/startup-events"),
    *("/gradio_api/file=/etc/passwd", "/file=/etc/passwd", "/gradio_api/file=https://example.org/x"),
    *("/gradio_api/proxy=https://example.org", "/proxy=https://example.org", "/gradio_api/file/etc/passwd"),
    *("/monitoring", "/monitoring/summary", "/gradio_api/runs", "/gradio_api/run-history/records"),
    *("/gradio_api/stream/a/b/1/playlist.m3u8", "/gradio_api/upload_progress", "/gradio_api/deep_link"),
    *("/gradio_api/heartbeat/x", "/gradio_api/vibe-code", "/gradio_api/token", "/gradio_api/user", "/login_check"),
    *("/gradio_api/call/ask/abc", "/docs", "/redoc", "/openapi.json", "/pwa_icon", "/robots.txt", "/mcp", "/login"),
    *("/leaderboard/", "/gradio_api/mcp/sse", "/gradio_api/dev/reload", "/.env", "/arena.toml"),
    *("/gradio_api/queue/data", "/gradio_api/queue/status"),
]
CLOSED = [
    *("/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/run/ask", "/gradio_api/api/ask"),
    *("/gradio_api/call/ask", "/gradio_api/call/v2/ask", "/gradio_api/queue/join", "/gradio_api/stream/x"),
    *("/gradio_api/process_recording", "/gradio_api/vibe-edit", "/gradio_api/run-history/connect", "/login", "/"),
]


@pytest.mark.parametrize("path", FORBIDDEN)
def test_paths_that_no_page_needs_are_not_there(http: httpx.Client, path: str):
    assert http.get(path).status_code == 404


def test_a_browser_is_told_so_on_a_page_that_leads_back(http: httpx.Client):
    missing = http.get("/leaderbord", headers={"accept": "text/html,*/*;q=0.8"})
    assert missing.status_code == 404
    assert "<h1>There is no such page</h1>" in missing.text
    assert '<a href="/leaderboard">' in missing.text
    assert http.get("/leaderbord").text == "There is nothing here."


@pytest.mark.parametrize("path", CLOSED)
def test_calls_that_no_page_makes_are_not_there(http: httpx.Client, path: str):
    assert http.post(path, json={"data": []}).status_code == 404


@pytest.mark.parametrize("path", ["/static/../../etc/passwd", "/assets/%2e%2e/%2e%2e/index.html", "/assets/..%2fx"])
def test_no_path_leads_out_of_the_files_of_the_page(http: httpx.Client, path: str):
    answer = http.get(path)
    assert answer.status_code in {403, 404}
    assert "root:" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(http: httpx.Client, method: str):
    assert http.request(method, "/gradio_api/run/predict").status_code in {404, 405}


@pytest.mark.parametrize(
    ("path", "own"),
    [
        *((path, {}) for path in ("/", "/about", "/healthz", "/arena.css", "/nowhere")),
        *(
            (path, {"content-security-policy": CONTENT_SECURITY_POLICY})
            for path in ("/leaderboard", "/leaderboard/nosuchid", "/battles", "/contenders/x")
        ),
        ("/api/leaderboard", {"cross-origin-resource-policy": "cross-origin"}),
    ],
)
def test_every_answer_carries_the_policy(http: httpx.Client, path: str, own: dict[str, str]):
    answer = http.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS | own


def test_pages_without_gradio_run_no_script_but_our_files():
    directives = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"


def test_any_site_may_read_the_open_data_and_nothing_else(http: httpx.Client):
    foreign = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    answer = http.get("/api/leaderboard", headers=foreign)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    asked = foreign | {"access-control-request-method": "GET", "access-control-request-headers": "if-none-match"}
    preflight = http.options("/api/leaderboard", headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-headers"]) == (204, "if-none-match")
    assert http.get("/leaderboard", headers=foreign).status_code == 403
    assert http.post("/api/leaderboard", headers=foreign).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    ],
)
def test_a_page_of_another_site_cannot_call_us(http: httpx.Client, headers: dict[str, str]):
    body = {"fn_index": 0, "data": ["hello", ""], "session_hash": "x"}
    refused = http.post("/gradio_api/run/predict", json=body, headers=headers)
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    preflight = {**headers, "access-control-request-method": "POST"}
    assert http.options("/gradio_api/run/predict", headers=preflight).status_code in {403, 404}


def test_our_own_page_may_call_us(visitor: Visitor, arena: ServedArena):
    assert visitor.event("ask", "", "", origin=arena.url)["notice"]
    assert visitor.event("ask", "", "", **{"sec-fetch-site": "same-origin"})["notice"]


def test_a_link_from_another_site_opens_our_page():
    link = Headers({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"})
    image = Headers({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"})
    assert not is_foreign("GET", link)
    assert is_foreign("GET", image)


def test_a_visitor_gets_one_cookie_that_scripts_cannot_read(arena: ServedArena):
    with httpx.Client(base_url=arena.url) as browser:
        first = browser.get("/")
        assert "HttpOnly" in first.headers["set-cookie"]
        assert "SameSite=Lax" in first.headers["set-cookie"]
        assert "Secure" not in first.headers["set-cookie"]
        assert first.headers["cache-control"] == "private, no-cache"
        assert "set-cookie" not in browser.get("/").headers
    assert cookie_header("token", secure=True).endswith("; Secure")


def test_readers_of_the_other_pages_get_no_cookie(arena: ServedArena):
    for path in ("/leaderboard", "/about", "/healthz", "/api/leaderboard"):
        assert "set-cookie" not in httpx.get(arena.url + path).headers


@pytest.mark.parametrize("value", ["", "short", "A" * 43, "x" * 22 + ".1." + "x" * 22, "é" * 43, "%00"])
def test_a_cookie_of_ones_own_choosing_is_refused_and_replaced(arena: ServedArena, value: str):
    with httpx.Client(base_url=arena.url, headers={"cookie": f"theme=dark; {COOKIE}={value}".encode()}) as browser:
        given = browser.get("/").headers["set-cookie"]
        assert value not in given or not value
    with httpx.Client(base_url=arena.url, headers={"cookie": given.partition(";")[0]}) as browser:
        assert "set-cookie" not in browser.get("/").headers


def test_with_a_cookie_of_ones_own_choosing_nobody_can_ask_or_vote(visit: Callable[..., Visitor]):
    chosen = visit()
    chosen.http.cookies.clear()
    chosen.http.cookies.set(COOKIE, "A" * 43)
    assert chosen.event("ask", "Hello", "")["notice"] == say("battle.no_cookie")
    assert chosen.event("vote_a", "some-handle")["notice"] == say("battle.no_cookie")


def test_of_two_cookies_of_a_voter_the_one_that_counts_is_checked(arena: ServedArena):
    own = httpx.get(arena.url + "/").headers["set-cookie"].partition(";")[0]
    forged = f"{COOKIE}={'A' * 43}"
    for cookies, replaced in ((f"{forged}; {own}", False), (f"{own}; {forged}", True)):
        assert ("set-cookie" in httpx.get(arena.url + "/", headers={"cookie": cookies}).headers) == replaced


def test_only_the_cookie_of_a_voter_is_taken_out():
    headers = [(b"cookie", b"a=1; arena_voter=x; b=2"), (b"host", b"here"), (b"cookie", b" arena_voter = y;c=3")]
    left = without_cookie({"type": "http", "headers": headers})["headers"]
    assert sorted(left) == [(b"cookie", b"a=1; b=2; c=3"), (b"host", b"here")]
    assert without_cookie({"type": "http", "headers": [(b"cookie", b"arena_voter=x")]})["headers"] == []


@pytest.mark.parametrize("value", ["", "short", "x" * 43, "x" * 22 + "." + "x" * 22, "é" * 43])
def test_what_does_not_look_like_a_cookie_of_ours_is_nobody(value: str):
    assert voter_key({COOKIE: value}) is None


def test_a_body_must_say_its_length_and_be_short(http: httpx.Client):
    url = "/gradio_api/run/predict"
    assert http.post(url, content=iter([b"{}"])).status_code == 411
    assert http.post(url, content=b"x" * 200_000).status_code == 413
