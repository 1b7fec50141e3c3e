"""The organisers' pages: campaigns, their progress, and what can be done next. They exist only with a password.

The name that an organiser gives beside the password is the one that the log of early looks keeps.
"""

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from arena.campaigns.answers import AnswerMaking
from arena.campaigns.campaign_file import campaign_of_text, example_text
from arena.campaigns.campaigns import Campaigns, prompts_of
from arena.campaigns.export import export_campaign
from arena.campaigns.forbidden import forbid_prompts
from arena.campaigns.planning import plan_sample
from arena.campaigns.progress import note_look, progress_of, scores_of
from arena.campaigns.report.folder import read_folder
from arena.campaigns.report.making import PAGE, report_files
from arena.contenders.opened import OpenContenders
from arena.db.campaign_tables import AnswerStatus, CampaignStatus
from arena.db.session import Database
from arena.errors import ArenaError, CampaignNotReady, DatabaseUnavailable, UnknownCampaign
from arena.settings import Settings
from arena.web.campaigns.forms import FormFields
from arena.web.operations_page import HEADERS
from arena.web.operators_door import OperatorsDoor, user_of
from arena.web.plain_pages import PlainPages
from arena.web.texts import say
from generation.errors import GenerationError

PATH = "/operations/campaigns"
MOST_RATERS = 200
log = logging.getLogger(__name__)

Handler = Callable[..., Awaitable[Response]]


def add_organisers(
    app: FastAPI,
    pages: PlainPages,
    database: Database,
    open_contenders: OpenContenders | None,
    *,
    door: OperatorsDoor,
    settings: Settings,
) -> None:
    """Serve the pages to everybody whom `door` lets in."""
    campaigns = Campaigns(database)
    making: dict[str, asyncio.Task[None]] = {}

    def behind_the_door(handler: Handler) -> Handler:
        """Let only organisers in, and answer with a page where something is wrong that they can understand."""

        @wraps(handler)
        async def answer(request: Request, **values: Any) -> Response:
            if refusal := await door.refusal(request):
                return refusal
            try:
                return await handler(request, **values)
            except DatabaseUnavailable:
                raise
            except (ArenaError, GenerationError) as error:
                lines = [*str(error).splitlines(), *filter(None, [error.hint])]
                name = "" if isinstance(error, UnknownCampaign) else values.get("name", "")
                status = 404 if isinstance(error, UnknownCampaign) else 409
                return _page(pages, "campaign_problem.html", status=status, lines=lines, back=f"{PATH}/{name}")

        return answer

    @app.get(PATH)
    @behind_the_door
    async def overview(request: Request) -> Response:  # noqa: ARG001
        sheets = await asyncio.to_thread(campaigns.list)
        return _page(pages, "campaigns.html", sheets=sheets, text=example_text(), found=None)

    @app.get(f"{PATH}/{{name}}")
    @behind_the_door
    async def one(request: Request, name: str) -> Response:
        if not name:
            return _to("")
        progress = await asyncio.to_thread(progress_of, database, name)
        shown = progress.sheet.status is CampaignStatus.CLOSED or bool(progress.looks)
        scores = await asyncio.to_thread(scores_of, database, name) if shown else None
        task = making.get(name)
        return _page(
            pages,
            "campaign.html",
            progress=progress,
            sheet=progress.sheet,
            scores=scores,
            making=task is not None and not task.done(),
            may_make=open_contenders is not None,
            address=str(request.base_url).rstrip("/"),
            states=AnswerStatus,
        )

    @app.get(f"{PATH}/{{name}}/report")
    @behind_the_door
    async def report(request: Request, name: str) -> Response:  # noqa: ARG001
        html = await asyncio.to_thread(_report, database, name)
        return Response(html, headers=HEADERS, media_type="text/html; charset=utf-8")

    @app.post(f"{PATH}/new")
    @behind_the_door
    async def new(request: Request) -> Response:
        form = await FormFields.of(request)
        file, table = campaign_of_text(form.text("file"))
        if form.text("check"):
            chosen = await asyncio.to_thread(prompts_of, file)
            sheets = await asyncio.to_thread(campaigns.list)
            found = plan_sample(file, chosen)
            return _page(pages, "campaigns.html", sheets=sheets, text=form.text("file"), found=found, power=file.power)
        await asyncio.to_thread(campaigns.new, file, table)
        await asyncio.to_thread(forbid_prompts, database, settings.home)
        return _to(file.name)

    @app.post(f"{PATH}/{{name}}/answers")
    @behind_the_door
    async def answers(request: Request, name: str) -> Response:  # noqa: ARG001
        await asyncio.to_thread(campaigns.named, name)
        if open_contenders is not None and (name not in making or making[name].done()):
            maker = AnswerMaking(database, open_contenders, folder=settings.home / "campaigns")
            making[name] = asyncio.create_task(_made(maker, name))
        return _to(name)

    @app.post(f"{PATH}/{{name}}/open")
    @behind_the_door
    async def open_(request: Request, name: str) -> Response:  # noqa: ARG001
        await asyncio.to_thread(campaigns.open, name)
        return _to(name)

    @app.post(f"{PATH}/{{name}}/invite")
    @behind_the_door
    async def invite(request: Request, name: str) -> Response:
        number = (await FormFields.of(request)).number("number")
        if not 0 < number <= MOST_RATERS:
            raise CampaignNotReady(say("rating.no_form"))
        await asyncio.to_thread(campaigns.invite, name, number)
        return _to(name)

    @app.post(f"{PATH}/{{name}}/close")
    @behind_the_door
    async def close(request: Request, name: str) -> Response:  # noqa: ARG001
        await asyncio.to_thread(campaigns.close, name)
        return _to(name)

    @app.post(f"{PATH}/{{name}}/look")
    @behind_the_door
    async def look(request: Request, name: str) -> Response:
        form = await FormFields.of(request)
        who = user_of(request.headers.get("authorization", ""))
        await asyncio.to_thread(lambda: note_look(database, name, who=who, reason=form.text("reason")))
        return _to(name)


async def _made(maker: AnswerMaking, name: str) -> None:
    try:
        await maker.run(name)
    except (ArenaError, GenerationError) as error:
        log.warning("the answers of a campaign could not be made name=%s: %s", name, error)


def _report(database: Database, name: str) -> bytes:
    """Return the report's page, made from an export as the command makes it."""
    with tempfile.TemporaryDirectory() as folder:
        export_campaign(database, name, Path(folder) / name)
        return report_files(read_folder(Path(folder) / name))[PAGE]


def _page(pages: PlainPages, template: str, *, status: int = 200, **values: object) -> Response:
    return Response(pages.render(template, **values), status, HEADERS, "text/html; charset=utf-8")


def _to(name: str) -> Response:
    return RedirectResponse(f"{PATH}/{name}".rstrip("/"), 303, HEADERS)
