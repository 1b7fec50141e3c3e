"""The audit page: one drawn example at a time with three questions. A click is saved before the page shows it.

`arena audit` serves this page alone; no other page leads to it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from arena.web.gradio_import import gr
from arena.web.rendering import macro
from arena.web.security import Gatekeeper
from arena.web.texts import say
from arena.web.theme import arena_theme
from generation.auditing.audit import FIELDS, Audit, FaultShare
from generation.errors import GenerationError

STATIC = Path(__file__).parent / "static"
MAX_BODY_BYTES = 16_384  # a click and what Gradio sends with it
SHARES = ("any", "task", "input", "output")


def create_audit_app(audit: Audit, *, by: str) -> FastAPI:
    """Return the application in which `by` labels the rows of `audit`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ready"}

    gr.mount_gradio_app(
        app,
        audit_page(audit, by=by),
        path="/",
        theme=arena_theme(),
        css=(STATIC / "audit.css").read_text(),
        favicon_path=str(STATIC / "arena.svg"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        pwa=False,
        max_file_size=1,
    )
    app.add_middleware(Gatekeeper, pages={"/", "/healthz"}, voter_pages=set(), max_body_bytes=MAX_BODY_BYTES)
    return app


def audit_page(audit: Audit, *, by: str) -> gr.Blocks:
    """Return the page. It opens at the first row that `by` has not labelled completely."""
    page = gr.Blocks(title=say("audit.title", name=audit.name), analytics_enabled=False)
    with page:
        place = gr.Number(0, precision=0, visible="hidden")
        head = gr.HTML(js_on_load=None, apply_default_css=False)
        progress = gr.HTML(js_on_load=None, apply_default_css=False)
        example = gr.HTML(js_on_load=None, apply_default_css=False)
        choices = [(say("audit.yes"), "yes"), (say("audit.no"), "no")]
        answers = {field: gr.Radio(choices, label=say(f"audit.questions.{field}")) for field in FIELDS}
        with gr.Row():
            back = gr.Button(say("audit.back"))
            forward = gr.Button(say("audit.next"), variant="primary")
        results = gr.HTML(js_on_load=None, apply_default_css=False)
        said = list(answers.values())
        shown = [place, head, progress, example, *said, results]

        def save(at: int, *answers: str | None) -> list[str]:
            _save(audit, at, answers, by=by)
            return [_progress(audit, by=by), _results(audit, by=by)]

        def turn(step: int) -> Callable[..., list[object]]:
            def save_and_show(at: int, *answers: str | None) -> list[object]:
                _save(audit, at, answers, by=by)
                return _shown(audit, at + step, by=by)

            return save_and_show

        # These events bypass Gradio's queue, which sometimes loses the second of two quick events. `always_last` runs
        # one save at a time and then one more with the newest answers, so an older answer never overwrites a newer
        # one. Turning the page saves as well.
        event: dict[str, Any] = {"queue": False, "show_progress": "hidden"}
        clicks = [answer.input for answer in said]
        gr.on(clicks, save, [place, *said], [progress, results], trigger_mode="always_last", **event)
        back.click(turn(-1), [place, *said], shown, **event)
        forward.click(turn(+1), [place, *said], shown, **event)
        page.load(lambda: _shown(audit, _first_open(audit, by=by), by=by), None, shown, **event)
    return page


def _first_open(audit: Audit, *, by: str) -> int:
    labels = audit.labels(by=by)
    places = (at for at, row in enumerate(audit.rows) if len(labels.get(row.number, {})) < len(FIELDS))
    return next(places, len(audit.rows) - 1)


def _save(audit: Audit, at: int, answers: Sequence[str | None], *, by: str) -> None:
    row = audit.rows[_within(audit, at)].number
    known = audit.labels(by=by).get(row, {})
    try:
        for field, answer in zip(FIELDS, answers, strict=True):
            if answer and known.get(field) != (answer == "yes"):
                audit.label(row, field, answer == "yes", by=by)
    except GenerationError as error:
        raise gr.Error(str(error), duration=None, print_exception=False) from error


def _shown(audit: Audit, at: int, *, by: str) -> list[object]:
    """Return the values of all components for row `at`, or for the nearest row there is."""
    at = _within(audit, at)
    labels = audit.labels(by=by).get(audit.rows[at].number, {})
    said = [("yes" if labels[field] else "no") if field in labels else None for field in FIELDS]
    return [at, _head(audit, at), _progress(audit, by=by), _example(audit, at), *said, _results(audit, by=by)]


def _within(audit: Audit, at: int) -> int:
    return min(max(at, 0), len(audit.rows) - 1)


def _head(audit: Audit, at: int) -> str:
    place = {"place": at + 1, "rows": len(audit.rows), "number": audit.rows[at].number}
    return str(macro("audit.html", "head")(audit.name, **place))


def _progress(audit: Audit, *, by: str) -> str:
    done = audit.shares(by=by)["any"].of
    return str(macro("audit.html", "progress")(done, rows=len(audit.rows), by=by))


def _example(audit: Audit, at: int) -> str:
    example = audit.rows[at].example
    texts = {"instruction": example.instruction, "input": example.input, "output": example.output}
    return str(macro("audit.html", "example")(texts))


def _results(audit: Audit, *, by: str) -> str:
    shares = audit.shares(by=by)
    return str(macro("audit.html", "results")({field: _in_words(shares[field]) for field in SHARES}))


def _in_words(share: FaultShare) -> str:
    if not share.of:
        return say("audit.no_labels")
    low, high = share.interval
    return say("audit.share", percent=round(100 * share.bad / share.of, 1), low=100 * low, high=100 * high)
