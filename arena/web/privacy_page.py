"""The page on privacy: the notice, a voter's choices, and the erasure of what the voter left here."""

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from arena.db.states import VoterKey
from arena.errors import UnknownCode
from arena.settings import Settings
from arena.voters.consent import Consents
from arena.voters.erasure import Erased, Erasure
from arena.web.notice import SWITCHES, choices_in, notice_points
from arena.web.plain_pages import CONTENT_SECURITY_POLICY, PlainPages
from arena.web.root import rooted
from arena.web.security import forgotten_cookie, voter_key
from arena.web.texts import say

PATH = "/privacy"
CHOICES_PATH, ERASE_PATH = f"{PATH}/choices", f"{PATH}/erase"
FORMS = frozenset({CHOICES_PATH, ERASE_PATH})
# The page shows what one voter chose.
HEADERS = {"content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "private, no-store"}
MAX_FIELDS = 8


def add_privacy_page(app: FastAPI, pages: PlainPages, consents: Consents, erasure: Erasure, settings: Settings) -> None:
    """Serve the page and its two forms."""

    async def page(request: Request, told: str = "", *, fault: str = "", status: int = 200) -> Response:
        voter = voter_key(request.cookies)
        choices = await asyncio.to_thread(consents.choices_of, voter) if voter and consents.notice else None
        html = pages.render(
            "privacy.html",
            points=notice_points(settings),
            version=consents.notice.version if consents.notice else "",
            switches=SWITCHES,
            chosen={name: bool(choices and getattr(choices, name)) for name in SWITCHES},
            has_chosen=choices is not None,
            is_known=voter is not None,
            told=told,
            fault=fault,
            paths={"choices": CHOICES_PATH, "erase": ERASE_PATH},
        )
        return Response(html, status, HEADERS, "text/html; charset=utf-8")

    @app.get(PATH)
    async def privacy(request: Request) -> Response:
        return await page(request, say("privacy.chosen") if request.query_params.get("chosen") else "")

    @app.post(CHOICES_PATH)
    async def choose(request: Request) -> Response:
        voter, said = voter_key(request.cookies), await form_of(request)
        if voter is None:
            return await page(request, fault=say("battle.no_cookie"), status=400)
        await asyncio.to_thread(consents.choose, voter, choices_in([*said]))
        return RedirectResponse(f"{PATH}?chosen=yes", 303)

    @app.post(ERASE_PATH)
    async def erase(request: Request) -> Response:
        voter, said = voter_key(request.cookies), await form_of(request)
        try:
            done = await asyncio.to_thread(_erased, erasure, said, voter)
        except UnknownCode:
            return await page(request, fault=say("privacy.unknown_code"), status=404)
        answer = await page(request, say("privacy.erased", count=done.num_battles))
        if "everything" in said:
            answer.headers["set-cookie"] = forgotten_cookie(rooted("/"))
        return answer


def _erased(erasure: Erasure, said: Mapping[str, str], voter: VoterKey | None) -> Erased:
    if "code" in said:
        return erasure.by_code(said["code"], everything="everything" in said)
    return erasure.by_voter(voter) if voter else Erased(0, 0)


async def form_of(request: Request) -> Mapping[str, str]:
    """Return the fields of a posted form; empty where the body is none."""
    try:
        fields = parse_qs((await request.body()).decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
