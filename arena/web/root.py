"""Where the arena lies below its host, such as `/arena`; empty where it has a host of its own.

Everywhere else addresses are written as if it had one: `/leaderboard`. They get the root at the last moment, so that no
page and no sentence can forget it: HTML in `arena.web.rendering`, the few addresses in JSON where they are made.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# A value is escaped, so its quotes cannot end an attribute: such a beginning is always markup. Two slashes begin an
# address of another host.
ADDRESS = re.compile(r"""((?:href|src|action|data-source|data-plotly)=["'])(?=/(?!/))""")

_root: ContextVar[str] = ContextVar("_root", default="")


@contextmanager
def lying_at(root: str) -> Iterator[None]:
    """Make pages for an arena at `root` inside a `with` block."""
    token = _root.set(root)
    try:
        yield
    finally:
        _root.reset(token)


def rooted(path: str) -> str:
    """Return the address of a path of the arena as a browser must ask for it."""
    return _root.get() + path


def rooted_html(html: str) -> str:
    """Return HTML in which the address of every link, file and form is as a browser must ask for it."""
    root = _root.get()
    return ADDRESS.sub(lambda begin: begin[1] + root, html) if root else html
