"""Pages without Gradio: what is answered to a reader who has a page already, and what a page may load."""

import pytest
from starlette.requests import Request

from arena.web.plain_pages import PlainPages, conditional


def asked(**headers: str) -> Request:
    return Request({"type": "http", "headers": [(name.encode(), value.encode()) for name, value in headers.items()]})


ETAG = conditional(asked(), b"hello", "text/plain").headers["etag"]


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f'"old", {ETAG}', "*"])
def test_who_has_a_body_already_gets_none(known: str):
    answer = conditional(asked(**{"if-none-match": known}), b"hello", "text/plain", headers={"x-more": "1"})
    assert (answer.status_code, answer.body) == (304, b"")
    assert (answer.headers["etag"], answer.headers["x-more"]) == (ETAG, "1")


@pytest.mark.parametrize("known", ["", '"old"', ETAG.strip('"')])
def test_who_has_another_body_gets_the_new_one(known: str):
    answer = conditional(asked(**{"if-none-match": known}), b"hello", "text/plain")
    assert (answer.status_code, answer.body) == (200, b"hello")
    assert answer.headers["cache-control"] == "no-cache"


def test_a_problem_is_told_even_to_who_was_told_before():
    first = conditional(asked(), b"no", "text/plain", status=404)
    again = conditional(asked(**{"if-none-match": first.headers["etag"]}), b"no", "text/plain", status=404)
    assert (again.status_code, again.body) == (404, b"no")


def test_a_problem_is_a_page_in_which_no_text_can_become_a_script():
    files = dict.fromkeys(("/arena.css", "/board.css", "/colours.css", "/board.js", "/plotly.js"), "/x")
    answer = PlainPages("<R&D>", versioned=files).problem(asked(), "Gone", ["`<b>` is gone"], status=410)
    html = bytes(answer.body).decode()
    assert answer.status_code == 410
    assert "<code>&lt;b&gt;</code> is gone" in html
    assert "&lt;R&amp;D&gt;" in html
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
