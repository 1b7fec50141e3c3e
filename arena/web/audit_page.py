"""The audit page: one drawn example at a time, three questions, and every click is on the disk when it shows.

It is served on its own by `arena audit`; the arena's pages know nothing of it.
"""

from html import escape
from pathlib import Path

import gradio as gr
from fastapi import FastAPI

from arena.web.security import Gatekeeper
from arena.web.theme import arena_theme
from generation.audit import FIELDS, QUESTIONS, Audit, Field

HERE = Path(__file__).parent
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
        css=(HERE / "audit.css").read_text(),
        favicon_path=str(HERE / "arena.svg"),
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
        place = gr.State(0)
        head = gr.HTML(js_on_load=None, apply_default_css=False)
        example = gr.HTML(js_on_load=None, apply_default_css=False)
        answers = {field: gr.Radio([("Yes", "yes"), ("No", "no")], label=QUESTIONS[field]) for field in FIELDS}
        with gr.Row():
            back = gr.Button("Back")
            forward = gr.Button("Next", variant="primary")
        results = gr.HTML(js_on_load=None, apply_default_css=False)
        shown = [place, head, example, *answers.values(), results]

        def show(at: int) -> list[object]:
            at = min(max(at, 0), len(audit.rows) - 1)
            labels = audit.labels(by=by).get(audit.rows[at].number, {})
            said = [("yes" if labels[field] else "no") if field in labels else None for field in FIELDS]
            return [at, _head(audit, at, by=by), _example(audit, at), *said, _results(audit, by=by)]

        def save(at: int, answer: str, field: Field) -> list[str]:
            audit.label(audit.rows[at].number, field, answer == "yes", by=by)
            return [_head(audit, at, by=by), _results(audit, by=by)]

        for field, answer in answers.items():
            # One at a time: the last word counts, so words must not overtake each other.
            answer.input(
                lambda at, said, field=field: save(at, said, field),
                [place, answer],
                [head, results],
                concurrency_id="labels",
                concurrency_limit=1,
                show_progress="hidden",
            )
        back.click(lambda at: show(at - 1), place, shown, show_progress="hidden")
        forward.click(lambda at: show(at + 1), place, shown, show_progress="hidden")
        page.load(lambda: show(_first_open(audit, by=by)), None, shown, show_progress="hidden")
    return page


def _first_open(audit: Audit, *, by: str) -> int:
    labels = audit.labels(by=by)
    places = (at for at, row in enumerate(audit.rows) if len(labels.get(row.number, {})) < len(FIELDS))
    return next(places, len(audit.rows) - 1)


def _head(audit: Audit, at: int, *, by: str) -> str:
    done = audit.shares(by=by)["any"].of
    return (
        f'<h1>Audit of {escape(audit.name)}</h1><p class="place">Row {at + 1} of {len(audit.rows)} '
        f"(number {audit.rows[at].number} of the data set) · {done} labelled by {escape(by)}</p>"
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
