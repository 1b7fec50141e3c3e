"""The audit page: one drawn example at a time, three questions, and every click is on the disk when it shows.

It is served on its own by `arena audit`; the arena's pages know nothing of it.
"""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from arena.web.security import Gatekeeper
from arena.web.theme import arena_theme
from generation.auditing.audit import FIELDS, QUESTIONS, Audit
from generation.errors import GenerationError

STATIC = Path(__file__).parent / "static"
MAX_BODY_BYTES = 16_384  # a click and what Gradio sends with it
NAMES: dict[str, str] = {"any": "Faulty somewhere", "task": "Task", "input": "Input", "output": "Output"}


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
    """Return the page. It opens at the first row that `by` has not labelled whole."""
    page = gr.Blocks(title=f"Audit: {audit.name}", analytics_enabled=False)
    with page:
        place = gr.Number(0, precision=0, visible="hidden")
        head = gr.HTML(js_on_load=None, apply_default_css=False)
        progress = gr.HTML(js_on_load=None, apply_default_css=False)
        example = gr.HTML(js_on_load=None, apply_default_css=False)
        answers = {field: gr.Radio([("Yes", "yes"), ("No", "no")], label=QUESTIONS[field]) for field in FIELDS}
        with gr.Row():
            back = gr.Button("Back")
            forward = gr.Button("Next", variant="primary")
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

        # Outside Gradio's queue, which now and then loses what follows fast. One save at a time, and the last with all
        # that was clicked meanwhile: words on a question must not overtake each other. Turning the page saves as well.
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
    """Return what the page shows of row `at`, or of the nearest one."""
    at = _within(audit, at)
    labels = audit.labels(by=by).get(audit.rows[at].number, {})
    said = [("yes" if labels[field] else "no") if field in labels else None for field in FIELDS]
    return [at, _head(audit, at), _progress(audit, by=by), _example(audit, at), *said, _results(audit, by=by)]


def _within(audit: Audit, at: int) -> int:
    return min(max(at, 0), len(audit.rows) - 1)


def _head(audit: Audit, at: int) -> str:
    return (
        f"<h1>Audit of {escape(audit.name)}</h1><p>Row {at + 1} of {len(audit.rows)} "
        f"(number {audit.rows[at].number} of the data set)</p>"
    )


def _progress(audit: Audit, *, by: str) -> str:
    done = audit.shares(by=by)["any"].of
    return (
        f"<p>{done} labelled by {escape(by)}</p>"
        f'<div class="bar"><i style="width:{100 * done / len(audit.rows):.1f}%"></i></div>'
    )


def _example(audit: Audit, at: int) -> str:
    example = audit.rows[at].example
    parts = {"Instruction": example.instruction, "Input": example.input, "Output": example.output}
    return "".join(
        f"<h2>{name}</h2><pre>{escape(text)}</pre>" if text else f'<h2>{name}</h2><p class="none">none</p>'
        for name, text in parts.items()
    )


def _results(audit: Audit, *, by: str) -> str:
    shares = audit.shares(by=by)
    rows = "".join(f"<tr><th>{name}</th><td>{shares[field]}</td></tr>" for field, name in NAMES.items())
    return f"<h2>Faulty so far, with 95 % intervals</h2><table>{rows}</table>"
