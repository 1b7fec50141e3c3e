"""The page of the audit log, and the log as JSON lines with which anybody can compute its hashes again."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.audit_log.log import AuditLog
from arena.board.standings import Standings
from arena.web.board.routes import OPEN
from arena.web.plain_pages import PlainPages, conditional

ROWS = 100  # on a page
FILE = "/api/audit-log.jsonl"
LONGEST = 400  # characters of details


def add_audit_log(app: FastAPI, pages: PlainPages, standings: Standings) -> None:
    """Serve the log as a page and as a file."""
    log = AuditLog(standings.database)

    @app.get("/leaderboard/audit-log")
    async def audit_log(request: Request) -> Response:
        asked = request.query_params.get("before", "")
        before = int(asked) if asked.isdecimal() and len(asked) < 10 else None
        head = await asyncio.to_thread(log.head)
        entries = await asyncio.to_thread(log.newest_public, limit=ROWS, before=before)
        return pages.page(request, "audit_log.html", head=head, entries=entries, file_address=FILE, in_short=in_short)

    @app.get(FILE)
    async def as_lines(request: Request) -> Response:
        body = await asyncio.to_thread(lambda: "".join(log.public_lines()).encode())
        headers = OPEN | {"content-disposition": 'attachment; filename="audit-log.jsonl"'}
        return conditional(request, body, "application/jsonl", headers=headers)


def in_short(details: Mapping[str, Any]) -> str:
    """Return the details of an act on one line; a change as the value before, an arrow, and the value after."""
    parts = (f"{name.replace('_', ' ')}: {_value(value)}" for name, value in details.items() if value not in ({}, []))
    line = "; ".join(parts)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _value(value: object) -> str:
    match value:
        case {**parts}:
            return ", ".join(f"{name} {_change(part)}" for name, part in parts.items())
        case list():
            return ", ".join(map(_value, value))
        case None:
            return "–"
    return str(value)


def _change(part: object) -> str:
    return f"{_value(part[0])} → {_value(part[1])}" if isinstance(part, list) and len(part) == 2 else _value(part)
