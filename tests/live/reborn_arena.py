"""An arena that is there again after each `kill -9`, as under a supervisor that restarts it.

Everything is built once; each life is a fork of that, so it knows nothing of the lives before, and costs milliseconds
where `arena serve` costs seconds.
"""

import asyncio
import os
import signal
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from arena.battles.battles import Battles
from arena.board.standings import Standings
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.operations.http_server import address_of, listen, serve_app
from arena.settings import Settings
from arena.web.app import create_app
from tests.live.arena_process import IMPORTED

MANY = 100_000


class RebornArena:
    """The arena on a database of its own. `be_ready` returns at each new life, at the first as at the later ones."""

    def __init__(self, database_url: str) -> None:
        self._told, tell = Pipe(duplex=False)
        self._process = IMPORTED.Process(target=_live_again_and_again, args=(database_url, tell))
        self._process.start()
        tell.close()
        self.address: str = self._told.recv()

    async def be_ready(self) -> None:
        self._pid: int = await asyncio.to_thread(self._told.recv)

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def end(self) -> None:
        assert self._process.pid
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.join()
        self._told.close()


def _live_again_and_again(database_url: str, tell: Connection) -> None:
    os.setsid()  # all lives end with this process
    # One voter votes all the time, and each of the votes has to count.
    settings = Settings(votes_per_voter_per_hour=MANY, questions_per_voter_per_hour=MANY)
    database = Database(database_url)  # connects when it is first used
    app = create_app(Battles(database, OpenContenders({}), settings=settings), Standings(database), settings=settings)

    async def tell_who_lives() -> None:
        tell.send(os.getpid())

    with listen("127.0.0.1", 0) as listener:
        tell.send(address_of(listener))
        while True:
            life = os.fork()
            if not life:
                os._exit(asyncio.run(serve_app(app, listener, on_ready=tell_who_lives)))
            os.waitpid(life, 0)
