"""Prompt sets: fixed prompts under a name, a version and a hash, with their licence.

Two versions of a set are two sets. A set that was stored never changes: the same name and version with other prompts is
refused. The set that ships, `alpaca-arena`, is read from this package.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from arena.campaigns import queries
from arena.campaigns.prompt_files import Prompt, read_prompts
from arena.clock import now
from arena.db.campaign_tables import StoredPrompt, StoredPromptSet
from arena.db.session import Session
from arena.errors import BadConfiguration

SHIPPED = "alpaca-arena"
SHIPPED_VERSION = "1"


@dataclass(frozen=True, slots=True)
class FixedPrompts:
    """A version of a prompt set.

    Attributes:
        source: where the prompts come from, for readers.
        do_not_train: nothing may be trained on them; data that is generated or trained on is checked against them.
    """

    name: str
    version: str
    licence: str
    source: str
    do_not_train: bool
    prompts: tuple[Prompt, ...]

    @property
    def sha256(self) -> str:
        """The hash of the prompts in their order; names, versions and licences are not part of it."""
        return hash_of(self.prompts)


def hash_of(prompts: Sequence[Prompt]) -> str:
    """Return the SHA-256 of prompts as lines of canonical JSON, in hex."""
    lines = (json.dumps(prompt.as_row(), sort_keys=True, ensure_ascii=False, allow_nan=False) for prompt in prompts)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


@cache
def shipped_prompts() -> FixedPrompts:
    """Return the set that ships: the same 126 tasks in English and in Korean, written for this project."""
    folder = Path(str(files("arena.campaigns") / "prompts"))
    prompts = [prompt for path in sorted(folder.glob("*.jsonl")) for prompt in read_prompts(path)[1]]
    return FixedPrompts(
        SHIPPED, SHIPPED_VERSION, "Apache-2.0", "written for Alpaca Arena", do_not_train=True, prompts=tuple(prompts)
    )


def prompts_from(
    path: Path, *, name: str = "", version: str = "1", licence: str = "", source: str = ""
) -> FixedPrompts:
    """Return the prompts of a file as a set; a published format brings its licence.

    Args:
        path: the file.
        name: of the set; empty is the file's.
        version: of the set.
        licence: of the prompts.
        source: where they come from; empty is the file's name.

    Raises:
        BadInput: the file is faulty.
        BadConfiguration: nobody says what the licence of the prompts is.
    """
    format_, prompts = read_prompts(path)
    if not (licence or format_.licence):
        raise BadConfiguration(
            f"Nobody says under which licence the prompts of {path} are.",
            hint='Write it into the campaign\'s file: licence = "CC BY 4.0", or "own" if they are yours.',
        )
    return FixedPrompts(
        name=name or path.stem,
        version=version,
        licence=licence or format_.licence,
        source=source or path.name,
        do_not_train=format_.do_not_train,
        prompts=prompts,
    )


def store_prompts(session: Session, prompts: FixedPrompts) -> StoredPromptSet:
    """Return the stored set; stores it at the first call.

    Raises:
        BadConfiguration: other prompts are stored under its name and version.
    """
    stored = queries.prompt_set(session, prompts.name, prompts.version)
    if stored is None:
        stored = StoredPromptSet(
            name=prompts.name,
            version=prompts.version,
            sha256=prompts.sha256,
            licence=prompts.licence,
            source=prompts.source,
            do_not_train=prompts.do_not_train,
            added_at=now(),
            prompts=[
                StoredPrompt(position=position, **prompt.as_row()) for position, prompt in enumerate(prompts.prompts)
            ],
        )
        session.add(stored)
        session.flush()
    elif stored.sha256 != prompts.sha256:
        raise BadConfiguration(
            f"Other prompts are stored as {prompts.name}, version {prompts.version}.",
            hint="A changed set is another version: raise `version` in the campaign's file.",
        )
    return stored


def stored_prompts(row: StoredPromptSet) -> FixedPrompts:
    """Return a stored set."""
    prompts = (Prompt(one.item, tuple(one.turns), one.category, one.language) for one in row.prompts)
    return FixedPrompts(row.name, row.version, row.licence, row.source, row.do_not_train, tuple(prompts))
