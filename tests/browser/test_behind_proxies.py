"""The recipes of `deploy/` as a voter meets them: over TLS, at a host of its own and below one, and in a frame."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from arena.web.texts import say
from leaderboard import Verdict
from tests.browser.test_a_battle import votes_on
from tests.browser.visitor import SCREENSHOTS, Visitor
from tests.live.arena_process import ArenaProcess
from tests.live.chromium import PATIENCE_MS, one_more
from tests.live.proxies import HOST, Certificate, proxy

SCRIPTS = Path(__file__).with_name("contenders.toml")
ALLOWED, FOREIGN = "https://www.example.net", "https://evil.example"
ROOTS = pytest.mark.parametrize("root", ["", "/arena"], ids=["host", "below"])
# Each program and each root once in the suite, and all pairs among the slow tests.
PLACES = pytest.mark.parametrize(
    ("program", "root"),
    [
        ("nginx", "/arena"),
        ("caddy", ""),
        *(pytest.param(*place, marks=pytest.mark.slow) for place in [("nginx", ""), ("caddy", "/arena")]),
    ],
    ids=["nginx-below", "caddy-host", "nginx-host", "caddy-below"],
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.made(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def arenas(tmp_path_factory: pytest.TempPathFactory, sites: int) -> Iterator[dict[str, ArenaProcess]]:
    """One arena with a host of its own, one below its host."""
    settings = {
        "ARENA_TRUSTED_PROXIES": "127.0.0.1",
        "ARENA_ALLOWED_HOSTS": HOST,
        "ARENA_FRAME_ANCESTORS": f"{ALLOWED}:{sites}",
    }
    made = {
        root: ArenaProcess(
            tmp_path_factory.mktemp("placed"), contenders=SCRIPTS.read_text(), ARENA_ROOT_PATH=root, **settings
        )
        for root in ("", "/arena")
    }
    with made[""], made["/arena"]:
        yield made


@pytest.fixture(scope="module")
def far_browser(browser: Browser) -> Iterator[Browser]:
    """A browser for which every name leads to this machine."""
    with one_more(browser, "--host-resolver-rules=MAP * 127.0.0.1") as far:
        yield far


def port_of(arena: ArenaProcess) -> int:
    return int(arena.address.rpartition(":")[2])


@PLACES
def test_a_battle_a_vote_and_a_board_behind_a_proxy(
    program: str,
    root: str,
    arenas: dict[str, ArenaProcess],
    certificate: Certificate,
    far_browser: Browser,
    tmp_path: Path,
):
    arena = arenas[root]
    with proxy(program, tmp_path, certificate, arena=port_of(arena), root=root) as port:
        context = far_browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(context, f"https://{HOST}:{port}{root}").open()
        visitor.ask("Who sings better?")
        expect(visitor.side("A")).to_contain_text("heard: Who sings better?")
        visitor.button("A is better").click()
        expect(visitor.card("Quick Quokka")).to_be_visible()
        assert votes_on(arena, visitor.page.url) == [Verdict.A]
        (cookie,) = context.cookies()
        assert (cookie["secure"], cookie["path"], cookie["sameSite"]) == (True, f"{root}/", "Lax")

        visitor.page.reload()
        expect(visitor.reveal).to_have_text("You said: A is better")
        visitor.page.get_by_role("link", name="Calm Camel").click()
        expect(visitor.page).to_have_url(f"https://{HOST}:{port}{root}/contenders/calm-camel")
        visitor.page.get_by_role("link", name="Leaderboard").click()
        expect(visitor.page.get_by_role("row", name="Quick Quokka")).to_be_visible()
        visitor.photograph(f"behind-{program}{root.replace('/', '-')}")
        context.close()
        assert visitor.complaints == []


@pytest.fixture(scope="module")
def sites(certificate: Certificate) -> Iterator[int]:
    """A port at which every site has one page: a frame that shows the address behind its `?`."""

    class Framing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            framed = unquote(self.path.partition("?")[2])
            body = f'<iframe name="arena" src="{framed}" width="1200" height="700"></iframe>'.encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    safe = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    safe.load_cert_chain(certificate.chain, certificate.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Framing) as server:
        server.socket = safe.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def in_frame(page: Page, site: str, address: str) -> Frame:
    """Open a page of a site that shows the arena in a frame."""
    page.goto(f"{site}/?{quote(address)}")
    frame = page.frame("arena")
    assert frame
    return frame


def test_a_vote_in_the_frame_of_an_allowed_site_and_nothing_in_that_of_another(
    arenas: dict[str, ArenaProcess],
    certificate: Certificate,
    far_browser: Browser,
    sites: int,
    tmp_path: Path,
):
    root = "/arena"
    with proxy("nginx", tmp_path, certificate, arena=port_of(arenas[root]), root=root) as port:
        address = f"https://{HOST}:{port}{root}/"
        context = far_browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        frame = in_frame(page, f"{ALLOWED}:{sites}", address)
        prompt = frame.get_by_role("textbox", name=say("battle.prompt_label"))
        prompt.fill("In a frame?")
        prompt.press("Enter")
        frame.get_by_role("button", name="Tie", exact=True).click()
        expect(frame.get_by_role("heading", name="You said:")).to_have_text("You said: Tie")
        assert votes_on(arenas[root], frame.url) == [Verdict.TIE]
        page.screenshot(path=SCREENSHOTS / "in-a-frame.png", animations="disabled")

        refused = in_frame(context.new_page(), f"{FOREIGN}:{sites}", address)
        expect(refused.locator("body")).not_to_contain_text(say("battle.hero"))
        assert refused.url.startswith("chrome-error://")
        context.close()


@ROOTS
@pytest.mark.parametrize("program", ["nginx", "caddy", "haproxy"])
def test_what_a_proxy_says_is_what_the_visitor_did(
    program: str, root: str, arenas: dict[str, ArenaProcess], certificate: Certificate, tmp_path: Path
):
    trusted = ssl.create_default_context(cafile=str(certificate.authority))
    with proxy(program, tmp_path, certificate, arena=port_of(arenas[root]), root=root) as port:
        invented = {"host": f"{HOST}:{port}", "x-forwarded-host": "evil.example", "x-forwarded-proto": "http"}
        # The certificate is for HOST; the name is asked at this machine.
        at_host = {"sni_hostname": HOST}
        with httpx.Client(verify=trusted, headers=invented, base_url=f"https://127.0.0.1:{port}", timeout=60) as client:
            page = client.get(f"{root}/", extensions=at_host)
            assert f'"root":"https://{HOST}:{port}{root}"' in page.text
            assert "evil.example" not in page.text
            assert "Secure" in page.headers["set-cookie"]
            assert client.head(f"{root}/leaderboard", extensions=at_host).status_code == 200
            if root:
                moved = client.get(root, extensions=at_host)
                assert moved.status_code in {301, 302, 308}
                assert moved.headers["location"].endswith(f"{root}/")
