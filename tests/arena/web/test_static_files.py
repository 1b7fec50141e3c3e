"""The files of the pages: served from here, kept by browsers, and compressed for whoever reads that."""

import re
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from arena.web.static_files import COLOURS, MEDIA_TYPES, OWN, PLOTLY, STATIC
from tests.arena.web.served_arena import Visitor

PATHS = (*OWN, COLOURS, PLOTLY)
OF_RATERS = {"/rating.css", "/rating.js"}  # on pages that only a link opens; tests/browser sees them there


@pytest.mark.parametrize("path", PATHS)
def test_a_file_is_kept_for_a_year_and_is_the_same_compressed_or_not(http: httpx.Client, path: str):
    compressed, plain = (http.get(path, headers={"accept-encoding": coding}) for coding in ("gzip", "identity"))
    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert compressed.content == plain.content
    for answer in (compressed, plain):
        assert answer.headers["cache-control"] == "public, max-age=31536000"
        assert answer.headers["vary"].lower() == "accept-encoding"
        assert answer.headers["content-type"] == MEDIA_TYPES[Path(path).suffix]


@pytest.mark.parametrize("path", sorted({*PATHS} - OF_RATERS))
def test_pages_ask_for_a_file_under_an_address_made_from_its_contents(http: httpx.Client, visitor: Visitor, path: str):
    visitor.ask("Hello")
    visitor.vote("a")  # without votes there is nothing to plot
    pages = http.get("/").text + http.get("/leaderboard").text
    version = sha256(http.get(path).content).hexdigest()[:12]
    assert set(re.findall(rf"{re.escape(path)}\?v=([0-9a-f]+)", pages)) == {version}


@pytest.mark.parametrize("path", OWN)
def test_who_has_a_file_of_ours_already_is_told_so(http: httpx.Client, path: str):
    first = http.get(path)
    assert first.content == (STATIC / path[1:]).read_bytes()
    again = http.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == first.headers["cache-control"]
    assert http.get(path, headers={"if-none-match": '"another"'}).status_code == 200


def test_the_script_of_the_plots_is_served_from_here(http: httpx.Client):
    assert "plotly.js" in http.get(PLOTLY).text[:200]


@pytest.mark.parametrize("path", ["/arena.svg", "/audit.css", "/stage.js", "/plotly.min.js"])
def test_other_files_beside_them_have_no_address(http: httpx.Client, path: str):
    assert http.get(path).status_code == 404
