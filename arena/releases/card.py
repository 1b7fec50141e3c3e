"""The card and the list of changes of a release, as Markdown."""

import json
from collections.abc import Mapping
from typing import Any

from arena.releases.release_files import COLUMNS

Manifest = Mapping[str, Any]


CARD_TEXT = """\
---
pretty_name: {pretty_name}
license: {licence}
tags: [preference, arena, human-feedback]
---

# {title}: votes and texts, release {name}

Made {made_at}. {votes:,} votes on blind battles between {contenders:,} contenders by {voters:,} voters, and the texts
of {texts:,} of these battles.

| file | rows | columns |
|---|---|---|
| `{votes_file}` | {votes:,} | {vote_columns} |
| `{texts_file}` | {texts:,} | `id`, and `turns` with `prompt`, `reply_a`, `reply_b` |
| `board.json` | | the standings that these votes give |

`text` says whether the texts of a battle are here. Ids of battles and voters are random and belong to this release
alone; rows are in a random order, times are days. Do not try to find out who somebody is. `arena release verify
FOLDER` computes the board anew from these files and compares it byte for byte; [CHANGES.md](CHANGES.md) counts what
differs from the release before.

## What is not here

{left_out}

Texts are here only where their voter allows it. Such conversations: {seen:,}. Dropped whole, because one of
{detectors} suspected personal data: {dropped:,}. Nothing is masked. Suspected were:

{by_kind}

No detector finds everything. Whoever meets personal data here, please write to the maintainers: the next release goes
without it.

## Contenders, licences, terms

| contender | made by | licence | made from | terms | answers |
|---|---|---|---|---|---|
{rows}

The answers of a contender are under its own licence and terms, votes and prompts under {licence}.
"""


def card_text(manifest: Manifest) -> str:
    """Return the card: what is in the release, how it was made, what was left out, whose terms hold."""
    screening, tables = manifest["screening"], manifest["tables"]
    return CARD_TEXT.format(
        **manifest["counts"],
        **{name: manifest[name] for name in ("title", "name", "licence", "made_at")},
        pretty_name=json.dumps(manifest["title"], ensure_ascii=False, allow_nan=False),
        votes_file=tables["votes"],
        texts_file=tables["texts"],
        vote_columns=", ".join(f"`{name}`" for name in COLUMNS["votes"].names),
        left_out=_bullets(manifest["left_out"]),
        seen=screening["seen"],
        dropped=screening["dropped"],
        detectors=" and ".join(screening["detectors"]),
        by_kind=_bullets(screening["by_kind"]),
        rows="\n".join(map(_contender_row, manifest["contenders"])),
    )


def _contender_row(one: Mapping[str, str]) -> str:
    facts = [_cell(one[name]) or "not stated" for name in ("label", "organisation", "licence", "lineage")]
    answers = f"not here: {one['left_out']}" if one["left_out"] else "here"
    return f"| {' | '.join([*facts, _cell(one['restrictions']) or 'none', answers])} |"


def changes_text(manifest: Manifest) -> str:
    """Return the list of changes since the release before, with counts."""
    changes = manifest["changes"]
    lines = [f"# Changes of release {manifest['name']}", ""]
    if not changes["since"]:
        return "\n".join([*lines, "The first release.", ""])
    lines += [f"Since release {changes['since']}:", ""]
    for what in ("votes", "texts"):
        lines.append(f"- {what}: {changes[what]['added']:,} added, {sum(changes[what]['removed'].values()):,} removed")
        lines += [f"    - {reason}: {count:,}" for reason, count in changes[what]["removed"].items()]
    return "\n".join([*lines, ""])


def _bullets(counts: Mapping[str, int]) -> str:
    return "\n".join(f"- {what}: {count:,}" for what, count in counts.items()) or "- nothing"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
