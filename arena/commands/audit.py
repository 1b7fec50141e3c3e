"""`arena generate audit`, with the page: `--serve` opens it, the rest is `generation.commands.audit`.

`generation` knows no web page, so the flag that needs one is added here.
"""

import argparse
import asyncio
from collections.abc import Mapping

from arena.http_server import address_of, listen, serve_app
from generation.audit import Audit
from generation.commands import audit


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    audit.configure(parser)
    parser.add_argument("--serve", action="store_true", help="label on a page, on this machine only")
    parser.add_argument("--port", type=int, default=7861, help="of the page (default: 7861)")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Serve the page until it is stopped, or do without."""
    if not args.serve:
        return audit.run(args, environment)
    begun = Audit.begin(args.run, sample=args.sample, seed=args.seed)
    begun.labels(by=args.by)  # a name that cannot be one is said now, not at the first click

    # Imported late: Gradio takes seconds, and what is wrong above should be said before.
    from arena.web.audit_page import create_audit_app

    with listen("127.0.0.1", args.port) as listener:
        address = address_of(listener)
        app = create_audit_app(begun, by=args.by)
        code = asyncio.run(serve_app(app, listener, on_ready=lambda: print(f"Audit: {address}", flush=True)))
    audit.print_results(begun)
    return code
