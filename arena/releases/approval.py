"""Approval: a person reads a sample of the texts of a release and signs, before anybody else gets it."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arena.clock import now
from arena.db.session import Database
from arena.errors import BadConfiguration
from arena.exchange.random_ids import RandomIds
from arena.releases import queries
from arena.releases.release_files import APPROVAL, MANIFEST, SAMPLE, Row, read_manifest, rows_of, sha256_of, write_json
from arena.voters.queries import withdrawn_since

NUMBER = 200


def draw_sample(folder: Path, *, number: int = NUMBER) -> Sequence[Row]:
    """Draw texts at random, write down which, and return them; all, where there are no more than `number`.

    Raises:
        BadConfiguration: the folder is no release.
    """
    manifest = read_manifest(folder)
    rows = list(rows_of(folder, "texts"))
    drawn = random.SystemRandom().sample(rows, min(number, len(rows)))
    ids = [row["id"] for row in drawn]
    write_json(folder / SAMPLE, {"release": manifest["name"], "drawn_at": now().isoformat(), "ids": ids})
    return drawn


def approve(database: Database, folder: Path, *, by: str, private: Sequence[str], key: bytes) -> dict[str, Any] | None:
    """Sign for the sample that was drawn and return the approval; None where texts were found private.

    These are held back from every later release, and this one may not be published: make it again.

    Raises:
        BadConfiguration: no sample was drawn, nobody signs, an id is not in the sample, or voters have withdrawn
            something of this release since it was made.
    """
    manifest, sample = read_manifest(folder), _read(folder / SAMPLE)
    if sample is None:
        raise BadConfiguration(f"No sample of `{folder}` was read.", hint=f"First: arena release sample {folder}")
    if not by.strip():
        raise BadConfiguration("An approval needs the name of who read the sample.", hint="Give --by NAME.")
    if strange := [id_ for id_ in private if id_ not in sample["ids"]]:
        raise BadConfiguration(f"Not in the sample: {', '.join(strange)}.", hint="Ids stand above each text.")
    with database.writing() as session:
        release = queries.release_named(session, manifest["name"])
        if release is None:
            raise BadConfiguration(f"This arena made no release `{manifest['name']}`.")
        battles = queries.battles_of(session, release.name)
        gone = {one.battle for one in withdrawn_since(session, release.made_at)} & battles.keys()
        if gone:
            raise BadConfiguration(
                f"Voters have withdrawn {len(gone)} battles of this release since it was made.", hint="Make a new one."
            )
        if private:
            ids = RandomIds.of(key, release.label)
            queries.hold_texts(session, (b for b in battles if str(ids.battle(b)) in private), by=by.strip(), at=now())
            return None
    approval = {
        "release": manifest["name"],
        "by": by.strip(),
        "at": now().isoformat(),
        "texts_read": len(sample["ids"]),
        "sample_sha256": sha256_of(folder / SAMPLE),
        "release_sha256": sha256_of(folder / MANIFEST),
    }
    write_json(folder / APPROVAL, approval)
    return approval


def approval_of(folder: Path) -> dict[str, Any] | None:
    """Return the approval of a release, or None where there is none for what is in the folder now."""
    approval = _read(folder / APPROVAL)
    is_this = approval is not None and approval.get("release_sha256") == sha256_of(folder / MANIFEST)
    return approval if is_this else None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise BadConfiguration(f"`{path}` cannot be read: {error}") from error
