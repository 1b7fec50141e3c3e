"""`arena audit`: label a sample of a run's examples on a page.

`arena generate audit` does the same with a spreadsheet. This is a separate command, since `generation` must not import
the web.
"""

import argparse
import asyncio
from collections.abc import Mapping

from arena.operations.http_server import address_of, listen, serve_app
from generation.auditing.audit import Audit
from generation.commands.audit import add_draw_flags, print_results


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    add_draw_flags(parser)
    parser.add_argument("--port", type=int, default=7861, help="port of the page, on this machine only (default: 7861)")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Serve the page until stopped, then print the shares; return 0 after SIGTERM, 130 after Ctrl-C."""
    audit = Audit.begin(args.run, sample=args.sample, seed=args.seed)
    audit.labels(by=args.by)  # reports an unusable name now, not at the first click

    # Imported late: Gradio takes seconds, and the errors above should come first.
    from arena.web.audit_page import create_audit_app

    with listen("127.0.0.1", args.port) as listener:

        async def tell_the_address() -> None:
            print(f"Audit: {address_of(listener)}", flush=True)

        app = create_audit_app(audit, by=args.by)
        code = asyncio.run(serve_app(app, listener, on_ready=tell_the_address))
    print_results(audit)
    return code
