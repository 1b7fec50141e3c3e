"""Licences: published data that may not be shipped here, where to get it, and on which terms.

Nothing is fetched before its terms were shown and accepted; what is fetched is checked against the hash of the very
file that was published, and its licence is written beside it.
"""

import hashlib
import http.client
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from generation.dataset import Artefact, Manifest, read_jsonl, write_bytes
from generation.errors import BadInput, GenerationError

TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file that others have published.

    Attributes:
        about: what it is, in a few words.
        url: where it is published.
        format: what its rows are, one of `generation.formats` or the name of their authors' own.
        blob: the id that git gives to its contents, a SHA-1 over its length and its bytes.
        licence: its licence, by name.
        terms: further terms for those who use it.
    """

    about: str
    url: str
    format: str
    blob: str
    licence: str
    terms: str

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.url.rsplit("/", 1)[1]

    def notice(self) -> str:
        """Return licence, terms and origin, to be shown before the download and kept beside the file."""
        return f"{self.file}: {self.about}\nSource: {self.url}\nLicence: {self.licence}\nTerms: {self.terms}\n"


PUBLISHED = {
    "alpaca": PublishedFile(
        about="the 52,002 instructions of Stanford Alpaca, answered by text-davinci-003",
        url="https://raw.githubusercontent.com/tatsu-lab/stanford_alpaca/main/alpaca_data.json",
        format="alpaca",
        blob="3779ddbc040543ab1834ef216c983d6fcc06cc9a",
        licence="CC BY-NC 4.0",
        terms="Non-commercial use only, and so are models trained on it. The answers come from OpenAI, whose terms "
        "forbid using them to develop competing models.",
    ),
    "self-instruct-seeds": PublishedFile(
        about="the 175 seed tasks of Self-Instruct",
        url="https://raw.githubusercontent.com/yizhongw/self-instruct/main/data/seed_tasks.jsonl",
        format="self-instruct",
        blob="c97d40d76abd45cd7456f2d0d58459bb4df3cad5",
        licence="Apache-2.0",
        terms="None beyond the licence.",
    ),
    "self-instruct-expert": PublishedFile(
        about="the 252 expert-written evaluation tasks of Self-Instruct",
        url="https://raw.githubusercontent.com/yizhongw/self-instruct/main/human_eval/user_oriented_instructions.jsonl",
        format="self-instruct",
        blob="ed6d5d986e3f4c65ff64d70328a2e1dab146f914",
        licence="Apache-2.0",
        terms="The authors ask that nobody trains on them: use them to evaluate and to decontaminate.",
    ),
}


def fetch(published: PublishedFile, folder: Path, *, url: str | None = None) -> Path:
    """Download a published file into `folder`, with its notice beside it, and return its path.

    Call this only after its terms were accepted. A file that is already there and whole is left as it is.

    Args:
        published: what to fetch.
        folder: where to put it; made if need be.
        url: a mirror to fetch it from instead.

    Raises:
        GenerationError: it cannot be downloaded, or is not the published file; nothing is left behind.
        BadInput: another file of its name is in the way.
    """
    target = folder / published.file
    if target.exists():
        if git_blob(target.read_bytes()) != published.blob:
            raise BadInput(f"{target} is another file than the published one.", hint="Move it out of the way.")
        return target
    contents = _download(url or published.url)
    if git_blob(contents) != published.blob:
        raise GenerationError(
            f"{url or published.url} has other contents ({len(contents):,} bytes) than the published file.",
            hint="It may have been changed, or a page was sent instead. Nothing was kept.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / f"{published.file}.licence.txt", published.notice().encode())
    write_bytes(target, contents)
    origin = Artefact(published.file, published.licence, published.terms, published.url)
    Manifest.of(target, rows=len(read_jsonl(target)), format=published.format, artefacts=(origin,)).write_beside(target)
    return target


def git_blob(contents: bytes) -> str:
    """Return the id that git gives to a file with these contents."""
    return hashlib.sha1(b"blob %d\0" % len(contents) + contents, usedforsecurity=False).hexdigest()


def _download(url: str) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise BadInput(f"`{url}` is not an address on the web.")
    try:
        with urlopen(url, timeout=TIMEOUT_S) as response:  # noqa: S310 (checked above)
            contents: bytes = response.read()
    except HTTPError as error:
        raise GenerationError(f"{url} answered {error.code} {error.reason}.") from error
    except (URLError, OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise GenerationError(f"{url} cannot be reached: {reason}.", hint="Fetching needs a network.") from error
    return contents
