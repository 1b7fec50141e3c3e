"""The moderation desk as a page for operators: what was flagged or reported, its text, and two buttons for each."""

import asyncio
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from arena.audit_log.acting import acting
from arena.db.moderation_tables import DeskDecision
from arena.db.session import Database
from arena.errors import ArenaError
from arena.moderation.desk import ModerationDesk
from arena.web.operations_page import HEADERS
from arena.web.operators_door import OperatorsDoor, user_of
from arena.web.plain_pages import PlainPages

PATH = "/operations/moderation"
CASES = 50
# Without a referrer, a browser would not tell from which site a form comes.
FORM_HEADERS = HEADERS | {"referrer-policy": "same-origin"}


def add_moderation_desk(app: FastAPI, pages: PlainPages, database: Database, *, door: OperatorsDoor) -> None:
    """Serve the page to everybody whom `door` lets in, and take decisions from its forms."""
    desk = ModerationDesk(database)

    async def shown(*, decided: bool, problem: str = "", status: int = 200) -> Response:
        cases = await asyncio.to_thread(desk.cases, decided=decided, limit=CASES)
        waiting = await asyncio.to_thread(desk.num_waiting)
        html = pages.render("desk.html", cases=cases, waiting=waiting, decided=decided, problem=problem, path=PATH)
        return Response(html, status, headers=FORM_HEADERS, media_type="text/html; charset=utf-8")

    @app.get(PATH)
    async def look(request: Request) -> Response:
        if refusal := await door.refusal(request):
            return refusal
        return await shown(decided=request.query_params.get("decided") == "yes")

    @app.post(PATH)
    async def decide(request: Request) -> Response:
        # A form of another site never gets here: `arena.web.security` refuses it by its origin.
        if refusal := await door.refusal(request):
            return refusal
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode(errors="replace")).items()}
        flag, reason = form.get("flag", ""), form.get("reason", "")
        try:
            decision = DeskDecision(form.get("decision", ""))
            with acting(PATH, who=user_of(request.headers["authorization"])):
                await asyncio.to_thread(
                    desk.decide, [int(flag) if flag.isdecimal() and len(flag) < 10 else 0], decision, reason=reason
                )
        except ValueError as error:
            return await shown(decided=False, problem=str(error), status=400)
        except ArenaError as error:
            problem = " ".join(filter(None, [str(error), error.hint]))
            return await shown(decided=False, problem=problem, status=400)
        return RedirectResponse(PATH, 303)
