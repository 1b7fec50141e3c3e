"""What may not be shipped is fetched only on request, checked, and kept with its licence; from a real local server."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from generation.dataset import Artefact, Manifest
from generation.errors import BadInput, GenerationError
from generation.licences import PUBLISHED, PublishedFile, fetch, git_blob

CONTENTS = json.dumps([{"instruction": "Add", "input": "2 + 3", "output": "5"}]).encode()


class Site(ThreadingHTTPServer):
    """Serves one file, a page in its place, half of it, or an error; counts the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.requests = 0
        self.pages = {
            "/rows.json": (200, CONTENTS, len(CONTENTS)),
            "/login/rows.json": (200, b"<html>Please sign in</html>", 27),
            "/torn/rows.json": (200, CONTENTS[:10], len(CONTENTS)),
            "/gone/rows.json": (404, b"", 0),
        }

    def published(self, folder: str = "") -> PublishedFile:
        url = f"http://127.0.0.1:{self.server_port}{folder}/rows.json"
        return PublishedFile("rows of ours", url, "alpaca", git_blob(CONTENTS), "CC BY-NC 4.0", "Research only.")


class Answers(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.requests += 1
        status, body, length = self.server.pages[self.path]
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_file_is_saved_with_its_licence_and_a_manifest(site: Site, tmp_path: Path):
    path = fetch(site.published(), tmp_path / "data")
    assert path.read_bytes() == CONTENTS
    notice = (tmp_path / "data/rows.json.licence.txt").read_text()
    assert "CC BY-NC 4.0" in notice
    assert "Research only." in notice
    manifest = Manifest.read_beside(path)
    assert manifest
    assert (manifest.rows, manifest.format) == (1, "alpaca")
    assert manifest.artefacts == (Artefact("rows.json", "CC BY-NC 4.0", "Research only.", site.published().url),)


def test_a_file_that_is_there_already_is_not_fetched_again(site: Site, tmp_path: Path):
    assert fetch(site.published(), tmp_path) == fetch(site.published(), tmp_path)
    assert site.requests == 1


def test_another_file_of_its_name_is_left_alone(site: Site, tmp_path: Path):
    (tmp_path / "rows.json").write_text("mine")
    with pytest.raises(BadInput, match="another file than the published one"):
        fetch(site.published(), tmp_path)
    assert (tmp_path / "rows.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("/login", "has other contents"),
        ("/torn", "cannot be reached: IncompleteRead"),
        ("/gone", "answered 404 Not Found"),
    ],
)
def test_what_is_not_the_published_file_leaves_nothing_behind(site: Site, tmp_path: Path, folder: str, sentence: str):
    with pytest.raises(GenerationError, match=sentence):
        fetch(site.published(folder), tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_no_server_and_no_address_are_one_sentence(site: Site, tmp_path: Path):
    with pytest.raises(GenerationError, match="cannot be reached: "):
        fetch(replace(site.published(), url="http://127.0.0.1:9/rows.json"), tmp_path)
    with pytest.raises(BadInput, match="is not an address on the web"):
        fetch(site.published(), tmp_path, url="file:///etc/hostname")


def test_a_mirror_serves_the_same_file(site: Site, tmp_path: Path):
    elsewhere = replace(site.published(), url="http://127.0.0.1:9/rows.json")
    assert fetch(elsewhere, tmp_path, url=site.published().url).read_bytes() == CONTENTS


def test_the_hash_is_git_s():
    assert git_blob(b"hello world\n") == "3b18e512dba79e4c8300dd08aeb37f8e728b8dad"


def test_every_published_file_has_a_licence_and_terms():
    for published in PUBLISHED.values():
        assert published.licence
        assert published.terms
        assert len(published.blob) == 40
        assert published.url.startswith("https://")
