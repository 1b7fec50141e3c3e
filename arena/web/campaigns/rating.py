"""The rater's pages: consent, one comparison at a time, and the end. The link is all that a rater needs."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from fastapi import FastAPI, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from arena.campaigns.judgements import SURENESS, Judgements
from arena.campaigns.raters import Desk, Raters
from arena.db.campaign_tables import SideVerdict
from arena.db.session import Database
from arena.errors import ArenaError, DatabaseUnavailable, UnknownCampaign
from arena.web.battle.markdown import to_html
from arena.web.campaigns.forms import FormFields
from arena.web.plain_pages import CONTENT_SECURITY_POLICY, PlainPages
from arena.web.texts import say

SECTIONS = ("/rate/", "/join/")
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
# A page shows what only its rater may see, and is out of date after the next judgement.
HEADERS = {"content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "no-store"}
# As recruiting platforms call them in the addresses that participants come by.
RECRUITED = {"participant": "PROLIFIC_PID", "study": "STUDY_ID", "session_id": "SESSION_ID"}

# The buttons in their order, and the digit on the keyboard that presses each.
KEYS = {SideVerdict.LEFT: 1, SideVerdict.TIE: 3, SideVerdict.BOTH_BAD: 4, SideVerdict.RIGHT: 2}

Handler = Callable[..., Awaitable[Response]]


def add_rating(app: FastAPI, pages: PlainPages, database: Database) -> None:
    """Serve the pages of raters."""
    raters, judgements = Raters(database), Judgements(database)

    def told(handler: Handler) -> Handler:
        """Answer with a page where something is wrong that the rater can understand."""

        @wraps(handler)
        async def answer(*args: Any, **values: Any) -> Response:
            try:
                return await handler(*args, **values)
            except DatabaseUnavailable:
                raise
            except ArenaError as error:
                status = 404 if isinstance(error, UnknownCampaign) else 409
                lines = [str(error), *filter(None, [error.hint])]
                return _page(pages, "rating_problem.html", status=status, lines=lines)

        return answer

    @app.get("/rate/{key}")
    @told
    async def rate(key: str) -> Response:
        desk = await asyncio.to_thread(raters.desk, _checked(key))
        return _desk_page(pages, key, desk)

    @app.get("/rate/{key}/{number}")
    @told
    async def earlier(key: str, number: str, request: Request) -> Response:
        place = int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else 0
        desk = await asyncio.to_thread(raters.desk, _checked(key), place)
        return _desk_page(pages, key, desk, look="look" in request.query_params)

    @app.post("/rate/{key}/consent")
    @told
    async def consent(key: str, request: Request) -> Response:
        form = await FormFields.of(request)
        await asyncio.to_thread(raters.consent, _checked(key), form.text("version"))
        return _to(f"/rate/{key}")

    @app.post("/rate/{key}/judge")
    @told
    async def judge(key: str, request: Request) -> Response:
        form = await FormFields.of(request)
        number = form.number("number")
        look = await asyncio.to_thread(
            judgements.judge,
            _checked(key),
            form.number("place"),
            form.said(),
            step=form.number("step"),
            seconds=form.seconds("seconds"),
            second=bool(form.text("second")),
        )
        if look:
            return _to(f"/rate/{key}/{number}?look")
        return _to(f"/rate/{key}/{number + 1}" if form.number("step") else f"/rate/{key}")

    @app.post("/rate/{key}/more")
    @told
    async def more(key: str) -> Response:
        await asyncio.to_thread(raters.more, _checked(key))
        return _to(f"/rate/{key}")

    @app.get("/join/{key}")
    @told
    async def join_page(key: str, request: Request) -> Response:
        file = await asyncio.to_thread(raters.joinable, _checked(key))
        recruited = {name: request.query_params.get(word, "") for name, word in RECRUITED.items()}
        return _page(pages, "rating_consent.html", campaign=file, action=f"/join/{key}", recruited=recruited)

    @app.post("/join/{key}")
    @told
    async def join(key: str, request: Request) -> Response:
        form = await FormFields.of(request)
        recruited = {name: form.text(name) for name in RECRUITED}
        rater = await asyncio.to_thread(lambda: raters.join(_checked(key), **recruited))
        await asyncio.to_thread(raters.consent, rater, form.text("version"))
        return _to(f"/rate/{rater}")


def _desk_page(pages: PlainPages, key: str, desk: Desk, *, look: bool = False) -> Response:
    """Answer with what a link opens now."""
    if not desk.may_judge and not desk.done:
        return _page(pages, "rating_problem.html", lines=[say("rating.not_open"), say("rating.keep_link")])
    if not desk.consented and desk.may_judge:
        action = f"/rate/{key}/consent"
        return _page(pages, "rating_consent.html", campaign=desk.file, action=action, recruited={})
    if desk.place is None:
        return _page(pages, "rating_end.html", desk=desk, key=key)
    return _page(
        pages,
        "rating_place.html",
        desk=desk,
        place=desk.place,
        key=key,
        look=look and desk.place.opinion is not None,
        sides=("left", "right"),
        sureness=SURENESS,
        keys=KEYS,
        shown=_shown,
    )


def _shown(text: str) -> Markup:
    """Return an answer as in a battle."""
    return Markup(to_html(text))  # noqa: S704 - made of allowed tags only


def _page(pages: PlainPages, template: str, *, status: int = 200, **values: object) -> Response:
    return Response(pages.render(template, **values), status, HEADERS, "text/html; charset=utf-8")


def _to(address: str) -> Response:
    """Send the browser on, so that a reload does not send the form again."""
    return RedirectResponse(address, 303, HEADERS)


def _checked(key: str) -> str:
    if not KEY.fullmatch(key):
        raise UnknownCampaign(say("rating.unknown"))
    return key
