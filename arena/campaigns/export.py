"""Export: a campaign as a folder of plain files, with the hash of each in `manifest.json`.

The same closed campaign gives the same bytes. Names of raters are random words that are used nowhere else; links,
participants' words and times between page and answer stay in the database. `docs/campaigns.md` says what each file has.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from arena.campaigns import queries
from arena.campaigns.campaign_file import campaign_of
from arena.campaigns.campaigns import campaign_row, choose
from arena.campaigns.prompt_sets import stored_prompts
from arena.db.campaign_tables import Campaign, CampaignAnswer, CampaignStatus, TryStatus
from arena.db.session import Database, Session
from arena.errors import BadConfiguration, CampaignNotReady

FORMAT = 1
DESIGN, MANIFEST = "design.json", "manifest.json"
Row = Mapping[str, Any]


def export_campaign(database: Database, name: str, out: Path) -> None:
    """Write a campaign to the folder `out`, as a whole or not at all.

    Raises:
        UnknownCampaign: there is none of this name.
        CampaignNotReady: it is open and nobody has said why they look, or a draft.
        BadConfiguration: something is at `out`.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise BadConfiguration(f"{out} is there already.", hint="Name another folder with --out, or remove it.")
    with database.reading() as session:
        files = campaign_files(session, name)
    new = out.with_name(f".{out.name}.{os.getpid()}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        for file, content in files.items():
            (new / file).write_bytes(content)
        if out.exists():
            out.rmdir()
        new.rename(out)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def campaign_files(session: Session, name: str) -> dict[str, bytes]:
    """Return the files of a campaign by name.

    Raises:
        UnknownCampaign: there is none of this name.
        CampaignNotReady: it is open and nobody has said why they look, or a draft.
    """
    campaign = campaign_row(session, name)
    looks = queries.early_looks(session, campaign.id)
    if campaign.status is CampaignStatus.DRAFT:
        raise CampaignNotReady(f"`{name}` is a draft; nothing was judged.")
    if campaign.status is CampaignStatus.OPEN and not looks:
        raise CampaignNotReady(
            f"`{name}` is open, and an export holds its results.",
            hint=f"Close it, or say why you look now: arena campaign status {name} --results REASON",
        )
    design = json.loads(campaign.design)
    prompts = choose(stored_prompts(campaign.prompt_set).prompts, campaign_of(campaign.declared))
    files = {
        DESIGN: _text(design),
        "prompts.jsonl": _lines(one.as_row() for one in prompts),
        "answers.jsonl": _lines(_answers(session, campaign)),
        **_judged(session, campaign),
    }
    if design["prompts_in_data"]:
        files["overlap.json"] = _text(design["prompts_in_data"])
    manifest = {
        "format": FORMAT,
        "campaign": campaign.name,
        "design_hash": campaign.design_hash,
        "opened_at": _time(campaign.opened_at),
        "closed_at": _time(campaign.closed_at),
        "early_looks": [{"at": _time(one.at), "who": one.who, "reason": one.reason} for one in looks],
        "files": {file: hashlib.sha256(content).hexdigest() for file, content in sorted(files.items())},
    }
    return files | {MANIFEST: _text(manifest)}


def _answers(session: Session, campaign: Campaign) -> Iterable[Row]:
    opaque = {entrant.id: entrant.opaque for entrant in campaign.entrants}
    items = {prompt.id: prompt.item for prompt in campaign.prompt_set.prompts}
    for one in queries.answers(session, campaign.id):
        yield {
            "item": items[one.prompt_id],
            "contender": opaque[one.entrant_id],
            "texts": list(one.texts),
            "status": one.status.value,
            "failure": one.failure,
            "tries": len(one.tries),
            "tokens": _tokens(one),
            "usd": round(sum(each.usd for each in one.tries), 9),
            "self_named": one.names_itself,
        }


def _tokens(answer: CampaignAnswer) -> Row:
    """Return the tokens of an answer, None where it came from a file."""
    counted = [one for one in answer.tries if one.status is TryStatus.ANSWERED]
    return {
        "prompt": sum(one.prompt_tokens or 0 for one in counted) if counted else None,
        "completion": sum(one.completion_tokens or 0 for one in counted) if counted else None,
    }


def _judged(session: Session, campaign: Campaign) -> dict[str, bytes]:
    """Return the files of assignments, judgements and raters."""
    opaque = {entrant.id: entrant.opaque for entrant in campaign.entrants}
    raters = {rater.id: rater for rater in queries.raters(session, campaign.id)}
    places: dict[int, dict[str, Any]] = {}
    assignments = []
    for number, (one, booklet) in enumerate(queries.assignments(session, campaign.id), 1):
        rater = raters.get(booklet.rater_id or 0)
        places[one.id] = {
            "assignment": f"a{number}",
            "rater": rater.opaque if rater else "",
            "item": one.item,
            "left": opaque.get(one.left_id or 0, ""),
            "right": opaque.get(one.right_id or 0, ""),
        }
        assignments.append(
            places[one.id]
            | {
                "kind": one.kind.value,
                "expected": one.expected,
                "status": one.status.value,
                "handed_out_at": _time(one.handed_out_at),
                "returned_at": _time(one.returned_at),
            }
        )
    rows = queries.judgements(session, campaign.id)
    numbers = {row.id: number for number, row in enumerate(rows, 1)}
    judgements = [
        places[row.assignment_id]
        | {
            "verdict": row.verdict.value,
            "seconds": row.seconds,
            "acceptable_left": row.acceptable_left,
            "acceptable_right": row.acceptable_right,
            "tags": list(row.tags),
            "confidence": row.confidence,
            "rationale": row.rationale,
            "correction": row.correction,
            "revision_of": numbers[row.revision_of_id] if row.revision_of_id else None,
            "second_look": row.second_look,
            "at": _time(row.at),
        }
        for row in rows
    ]
    people = [
        {
            "rater": rater.opaque,
            "consent_version": rater.consent_version,
            "joined_at": _time(rater.joined_at),
            "finished_at": _time(rater.finished_at),
        }
        for rater in raters.values()
        if rater.joined_at
    ]
    return {
        "assignments.jsonl": _lines(assignments),
        "judgements.jsonl": _lines(judgements),
        "raters.jsonl": _lines(people),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True).encode() + b"\n"


def _lines(rows: Iterable[Row]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n" for row in rows)
