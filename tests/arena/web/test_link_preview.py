"""What is shown of a link to the arena, in a message or a feed."""

import re

import httpx
import pytest


@pytest.mark.parametrize("path", ["/", "/about"])
def test_a_link_is_shown_with_our_name_and_with_nothing_of_gradios(http: httpx.Client, path: str):
    head = http.get(path).text.partition("window.gradio_config")[0]
    shown = re.findall(r'<meta (?:property|name)="(?:og|twitter):([a-z:]*)" content="([^"]*)">', head)
    assert [name for name, _ in shown] == ["title", "type", "description", "card"]
    assert "Alpaca Arena" in shown[0][1]
    assert "assistants" in shown[2][1]
    assert "gradio" not in head.casefold()


def test_a_title_with_markup_stays_text(board: httpx.Client):
    assert '<meta property="og:title" content="R&amp;D">' in board.get("/").text
