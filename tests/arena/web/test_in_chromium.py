"""What only a browser can show: what it loads, what covers what, and how the page comes back."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from arena.web.rendering import PAGES
from arena.web.texts import say
from leaderboard import Verdict
from tests.arena.web.payloads import PAYLOADS
from tests.arena.web.served_arena import ServedArena
from tests.live.chromium import PATIENCE_MS, chromium

pytestmark = pytest.mark.browser

LONG = "slow " + " ".join(f"word{number}" for number in range(600))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, arena: ServedArena) -> Iterator[Callable[..., Page]]:
    """Opens the arena as somebody new. Anything that the page asks of another host fails the test."""
    contexts = []
    strays: list[str] = []

    def open_page(path: str = "/", **options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: strays.append(request.url))
        page.goto(arena.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in strays if not url.startswith((arena.url, "data:", "blob:", "http://evil.test"))] == []


def ask(page: Page, prompt: str) -> None:
    page.get_by_label(say("battle.prompt_label")).fill(prompt)
    page.get_by_label(say("battle.prompt_label")).press("Enter")


def ballot(page: Page, words: str = "A is better"):
    return page.get_by_role("button", name=words)


def test_hostile_replies_load_nothing_run_nothing_and_cover_nothing(open_page: Callable[..., Page]):
    page = open_page()
    for start in range(0, len(PAYLOADS), 10):
        ask(page, "\n\n".join(PAYLOADS[start : start + 10])[:5000])
        expect(page.locator(".turn")).to_have_count(start // 10 + 1)
        expect(ballot(page)).to_be_visible()
    assert page.evaluate("window.broken") is None
    assert page.locator("#stage :is(form, input, iframe, img, style, script, svg, video, object, link)").count() == 0
    assert page.evaluate(
        """() => [...document.querySelectorAll('#ballot button')].every((button) => {
            const box = button.getBoundingClientRect();
            return button.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
        })"""
    )
    assert page.locator("#ballot button").count() == 4


def test_a_prompt_that_is_cut_off_when_it_is_pasted_says_so(open_page: Callable[..., Page]):
    prompt = open_page().get_by_label(say("battle.prompt_label"))
    prompt.fill("short")
    assert prompt.evaluate("field => field.validationMessage") == ""
    prompt.focus()
    prompt.page.keyboard.insert_text("x" * 9000)
    assert len(prompt.input_value()) < 9000
    assert "A prompt ends at" in prompt.evaluate("field => field.validationMessage")
    prompt.fill("short again")
    assert prompt.evaluate("field => field.validationMessage") == ""


def test_a_page_of_another_site_cannot_ask_or_vote(open_page: Callable[..., Page], arena: ServedArena):
    page = open_page()
    page.route("http://evil.test/*", lambda route: route.fulfill(body="<h1>Evil</h1>", content_type="text/html"))
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("http://evil.test/")
    page.evaluate(
        """(url) => fetch(url, {
            method: 'POST', mode: 'no-cors', credentials: 'include',
            body: JSON.stringify({fn_index: 0, data: ['evil', ''], session_hash: 'evil'}),
        }).catch(() => null)""",
        arena.url + "/gradio_api/run/predict",
    )
    assert [answer.status for answer in answers if "run/predict" in answer.url] in ([403], [])


def test_a_reload_in_the_middle_shows_the_same_battle_and_the_unsent_prompt(open_page: Callable[..., Page]):
    page = open_page()
    ask(page, LONG)
    expect(page.locator(".side").first).to_contain_text("word5")
    page.get_by_label(say("battle.prompt_label")).fill("my next question")
    page.reload()
    expect(page.locator(".side").first).to_contain_text("word5")
    expect(page.get_by_label(say("battle.prompt_label"))).to_have_value("my next question")
    expect(page.get_by_role("button", name=say("battle.stop"))).to_be_visible()
    expect(page.locator(".side").first).to_contain_text("word30")  # the tail is live
    page.get_by_role("button", name=say("battle.new")).click()
    expect(page.get_by_role("heading", name=say("battle.hero"))).to_be_visible()
    expect(page.get_by_label(say("battle.prompt_label"))).to_have_value("my next question")


def test_a_restart_of_the_server_brings_the_page_back_by_itself(open_page: Callable[..., Page], arena: ServedArena):
    page = open_page()
    ask(page, LONG)
    expect(page.locator(".side").first).to_contain_text("word5")
    arena.stop()
    expect(page.get_by_text("Error", exact=True)).to_be_hidden()
    expect(page.get_by_text("The connection is lost")).to_be_visible()
    arena.start()
    expect(page.locator(".side .note").first).to_have_text(say("stage.interrupted"))
    expect(page.locator(".side").first).to_contain_text("word1")
    expect(page.get_by_role("button", name=say("battle.again"))).to_be_visible()


def test_on_a_phone_the_prompt_and_the_ballot_are_in_sight(open_page: Callable[..., Page]):
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    expect(page.get_by_label(say("battle.prompt_label"))).to_be_in_viewport(ratio=1)
    ask(page, LONG.removeprefix("slow "))
    for words in (say(f"verdicts.{verdict}") for verdict in Verdict):
        expect(ballot(page, words)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_control_has_a_name_and_every_page_one_title(open_page: Callable[..., Page], arena: ServedArena):
    page = open_page()
    for path in PAGES:
        page.goto(arena.url + path)
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        for control in page.locator("main :is(button, a):visible").all():
            assert control.inner_text().strip()


def test_the_leaderboard_renews_itself(open_page: Callable[..., Page]):
    board = open_page("/leaderboard")
    lead = board.locator(".counted")
    expect(lead).to_contain_text("vote")
    before = lead.inner_text()
    page = open_page()
    ask(page, "hello")
    ballot(page, "Tie").click()
    expect(page.locator(".reveal")).to_be_visible()
    expect(lead).not_to_have_text(before)


def test_a_board_that_somebody_came_to_use_meanwhile_is_left_as_it_is(open_page: Callable[..., Page]):
    board = open_page("/leaderboard")
    link = board.locator("#board").get_by_role("link").first
    link.evaluate(
        """async (link) => {
            await renew();
            const news = "<main id=board>All is new.</main>";
            let meanwhile = () => link.focus();
            window.fetch = async () => {
                meanwhile();
                return new Response(news, { headers: { etag: "another" } });
            };
            await renew();
            meanwhile = () => link.blur();
        }"""
    )
    expect(link).to_be_focused()
    link.evaluate("(link) => { link.blur(); return renew(); }")
    expect(board.locator("#board")).to_have_text("All is new.")
