"""A real `arena serve` process that can be stopped, killed and started again under the same address."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from arena.db.session import Database

READY_WITHIN_S = 120  # half a second's work where nothing else runs; test machines are not always so lucky


class ArenaProcess:
    """One arena, its folder and its database. `start` returns when the page can be used.

    Args:
        home: an empty folder for the arena.
        contenders: text of the contenders file.
        database_url: where the votes are; empty for the arena's own SQLite file.
        settings: further `ARENA_…` variables, by name.

    Attributes:
        environment: what its commands need to find its folder and database.
        address: URL of the page, the same after each start.
    """

    def __init__(self, home: Path, *, contenders: str, database_url: str = "", **settings: str) -> None:
        self.home = home
        self.database_url = database_url or f"sqlite:///{home / 'arena.db'}"
        self._port = 0
        self._log = home / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None
        (home / "contenders.toml").write_text(contenders)
        foreign = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")}
        self.environment = foreign | {
            "ARENA_HOME": str(home),
            "ARENA_CONTENDERS": str(home / "contenders.toml"),
            "ARENA_DATABASE_URL": database_url,
            **settings,
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def output(self) -> str:
        return self._log.read_text()

    def start(self) -> "ArenaProcess":
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "arena", "serve", "--port", str(self._port)],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._port = int(self._ready_line().rpartition(":")[2])
        return self

    def stop(self) -> int:
        """Ask it to end, wait, and return its exit code."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process
        self._process.kill()
        self._process.wait()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Look into its database from outside."""
        with closing(Database(self.database_url)) as database, database.reading() as session:
            yield session

    def __enter__(self) -> "ArenaProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process and self._process.poll() is None:
            self.stop()

    def _ready_line(self) -> str:
        assert self._process
        end = time.monotonic() + READY_WITHIN_S
        while self._process.poll() is None and time.monotonic() < end:
            for line in self.output.splitlines():
                if " is ready: http" in line:
                    return line
            time.sleep(0.05)
        self._process.kill()
        raise AssertionError(f"the arena did not start (exit code {self._process.wait()}):\n{self.output}")
