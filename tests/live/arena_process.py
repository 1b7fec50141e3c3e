"""A real `arena serve` process that can be stopped, killed and started again under the same address.

Each is forked from one process that has imported everything and done nothing, which spares most of the seconds that a
start from nothing takes. That such a start works is shown elsewhere (`tests/arena/commands/test_serve.py`).
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from arena.cli import main
from arena.db.session import Database
from tests.live.watch import report_to

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

IMPORTED = get_context("forkserver")
IMPORTED.set_forkserver_preload(["arena.commands.serve", "arena.web.app", "arena.board.standings"])
READY_WITHIN_S = 120  # half a second's work where nothing else runs; test machines are not always so lucky


class ArenaProcess:
    """One arena, its folder and its database. `start` returns when the page can be used.

    Args:
        home: an empty folder for the arena.
        contenders: text of the contenders file.
        database_url: where the votes are; empty for the arena's own SQLite file.
        watched: whether it reports what it opens and how long its event loop works (`watched`).
        settings: further `ARENA_…` variables, by name.

    Attributes:
        environment: what its commands need to find its folder and database.
        address: URL of the page, the same after each start.
    """

    def __init__(
        self, home: Path, *, contenders: str, database_url: str = "", watched: bool = False, **settings: str
    ) -> None:
        self.home = home
        self._report = home / "watched.txt" if watched else None
        self.database_url = database_url or f"sqlite:///{home / 'arena.db'}"
        self._port = 0
        self._log = home / "serve.log"
        self._process: ForkServerProcess | None = None
        (home / "contenders.toml").write_text(contenders)
        foreign = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")}
        self.environment = foreign | {
            "ARENA_HOME": str(home),
            "ARENA_CONTENDERS": str(home / "contenders.toml"),
            "ARENA_DATABASE_URL": database_url,
            "ARENA_ASK_CONSENT": "no",
            **settings,
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process
        assert self._process.pid
        return self._process.pid

    @property
    def watched(self) -> list[str]:
        """What it did since its page could be used (`tests.live.watch`)."""
        assert self._report
        return self._report.read_text().splitlines()

    @property
    def output(self) -> str:
        return self._log.read_text()

    def start(self) -> "ArenaProcess":
        self._process = forked(
            ["serve", "--port", str(self._port)], self.environment, output=self._log, report=self._report
        )
        self._port = int(self._ready_line().rpartition(":")[2])
        return self

    def stop(self) -> int:
        """Ask it to end, wait, and return its exit code."""
        assert self._process
        self._process.terminate()
        self._process.join(30)
        assert self._process.exitcode is not None, "the arena goes on in spite of SIGTERM"
        return self._process.exitcode

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process
        self._process.kill()
        self._process.join()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Look into its database from outside."""
        with closing(Database(self.database_url)) as database, database.reading() as session:
            yield session

    def __enter__(self) -> "ArenaProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process and self._process.is_alive():
            self.stop()

    def _ready_line(self) -> str:
        assert self._process
        end = time.monotonic() + READY_WITHIN_S
        while self._process.is_alive() and time.monotonic() < end:
            for line in self.output.splitlines():
                if " is ready: http" in line:
                    return line
            time.sleep(0.05)
        self.kill()
        raise AssertionError(f"the arena did not start (exit code {self._process.exitcode}):\n{self.output}")


def forked(
    arguments: Sequence[str], environment: Mapping[str, str], *, output: Path, report: Path | None = None
) -> "ForkServerProcess":
    """Start a command of the arena, whose output goes to a file of its own."""
    output.write_text("")
    process = IMPORTED.Process(target=_run, args=(arguments, environment, output, report))
    process.start()
    return process


def _run(arguments: Sequence[str], environment: Mapping[str, str], output: Path, report: Path | None) -> None:
    file = os.open(output, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.environ.clear()
    os.environ.update(environment)
    if report:
        report_to(report)
    sys.exit(main(arguments))
