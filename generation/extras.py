"""Packages that are not always installed: which extra brings them, and the sentence that asks for it.

The extras are declared once, in pyproject.toml; an installed program finds them in its own metadata. Packages that no
extra brings, such as trackers, are not handled here.
"""

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import requires
from importlib.util import find_spec

from generation.errors import BadInput

DISTRIBUTION = "alpaca-arena"
# A package of several extras is asked for by the first of these that has it.
EXTRAS = ("postgres", "train", "local", "vllm", "vendors", "release")
REQUIREMENT = re.compile(r"(?P<package>[\w.-]+).*;.*\bextra == ['\"](?P<extra>[\w-]+)['\"]")


class MissingExtra(BadInput):
    """What was asked for needs packages that an extra brings, and they are not installed."""


def install_line(extra: str) -> str:
    """Return the command that adds an extra to the environment of this program."""
    python, wanted = shlex.quote(sys.executable), f"'{DISTRIBUTION}[{extra}]'"
    if find_spec("pip"):
        return f"{python} -m pip install {wanted}"
    return f"uv pip install --python {python} {wanted}"


def packages_of(extra: str) -> frozenset[str]:
    """Return the names under which the packages of an extra are imported."""
    found = [REQUIREMENT.match(requirement) for requirement in requires(DISTRIBUTION) or ()]
    return frozenset(match["package"].replace("-", "_") for match in found if match and match["extra"] == extra)


def missing_extra(purpose: str, extra: str, packages: tuple[str, ...]) -> MissingExtra:
    """Return the sentence that `purpose` needs `packages`, and how to install them."""
    return MissingExtra(
        f"{purpose} needs {' and '.join(packages)}, not installed here.", hint=f"Install it: {install_line(extra)}"
    )


def require(extra: str, *packages: str, purpose: str) -> None:
    """Check that packages of an extra are there, without the seconds that importing them takes.

    Raises:
        MissingExtra: they are not.
    """
    if missing := tuple(name for name in packages if find_spec(name) is None):
        raise missing_extra(purpose, extra, missing)


def lacking(error: ModuleNotFoundError, purpose: str, *, extras: tuple[str, ...] = EXTRAS) -> MissingExtra | None:
    """Return what to tell a person about a failed import, or None where no extra would have helped."""
    package = (error.name or "").partition(".")[0]
    if package and find_spec(package) is None:  # else a part of something that is installed: a bug
        for extra in extras:
            if package in packages_of(extra):
                return missing_extra(purpose, extra, (package,))
    return None


@contextmanager
def needing(extra: str, purpose: str, *, program: bool = False) -> Iterator[None]:
    """Import packages of `extra` in the body. A module that is run as a program itself gives `program=True`.

    Raises:
        MissingExtra: a package of it is not installed.
        SystemExit: the same in a program: the sentence is printed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = lacking(error, purpose, extras=(extra,))
        if missing is None:
            raise
        if not program:
            raise missing from error
        sys.stderr.write(f"error: {missing}\nhint: {missing.hint}\n")
        sys.exit(missing.exit_code)
