"""A visitor in a real browser, who finds things on the page by their role and name only."""

from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request

SCREENSHOTS = Path(__file__).parents[2] / ".arena" / "screenshots"

# Gradio logs the end of its own stream when a page is left or reloaded; no visitor can tell.
SAID_ON_LEAVING = ("AbortError: signal is aborted", "Connection errored out", "TypeError: network error")


class Visitor:
    """One person with one cookie. `page` is the tab in front.

    Attributes:
        complaints: errors on the console and requests to other hosts than ours.
    """

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.complaints: list[str] = []
        self._address = address
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.complaints.append(f"script error: {error.error}"))
        context.on("request", self._watch)
        self.page: Page = context.new_page()

    def open(self, path: str = "/") -> "Visitor":
        self.page.goto(self._address + path)
        return self

    def open_tab(self, url: str = "") -> "Visitor":
        """Open another tab and look at it from now on."""
        self.page = self.context.new_page()
        self.page.goto(url or self._address)
        return self

    @property
    def prompt(self) -> Locator:
        return self.page.get_by_role("textbox", name="Your prompt")

    @property
    def status(self) -> Locator:
        """The sentence that says how the battle stands."""
        return self.page.get_by_role("status").first

    def ask(self, prompt: str) -> None:
        self.prompt.fill(prompt)
        self.prompt.press("Enter")

    def side(self, letter: str) -> Locator:
        """The newest reply of one side."""
        heading = self.page.get_by_role("heading", name=f"Assistant {letter}")
        return self.page.get_by_role("article").filter(has=heading).last

    def reply_with(self, words: str) -> Locator:
        """The newest reply that holds `words`, whichever side wrote it."""
        heading = self.page.get_by_role("heading", name="Assistant")
        return self.page.get_by_role("article").filter(has=heading).filter(has_text=words).last

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def reveal(self) -> Locator:
        """What the voter said, above the names."""
        return self.page.get_by_role("heading", name="You said:")

    def card(self, label: str) -> Locator:
        """What the reveal tells of one contender."""
        return self.page.get_by_role("article").filter(has=self.page.get_by_role("heading", name=label, level=3))

    def photograph(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in SAID_ON_LEAVING):
            self.complaints.append(f"console: {message.text}")

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((f"{self._address}/", "data:", "blob:")):
            self.complaints.append(f"request to another host: {request.url}")
