"""An arena that is there again after each `kill -9`, as under a supervisor that restarts it.

    python -m tests.live.reborn_arena DATABASE_URL

Everything is imported and built once; each life is a fork of that, so it knows nothing of the lives before, and costs
milliseconds where `arena serve` costs seconds. Prints the address, then the process id of each life once it is ready.
"""

import asyncio
import os
import sys

from arena.battles import Battles
from arena.db.session import Database
from arena.http_server import address_of, listen, serve_app
from arena.open_contenders import OpenContenders
from arena.settings import Settings
from arena.standings import Standings
from arena.web.app import create_app


def main(database_url: str) -> None:
    database, settings = Database(database_url), Settings()  # connects when it is first used
    app = create_app(Battles(database, OpenContenders({}), settings=settings), Standings(database), settings=settings)
    with listen("127.0.0.1", 0) as listener:
        say(address_of(listener))
        while True:
            life = os.fork()
            if not life:
                os._exit(asyncio.run(serve_app(app, listener, on_ready=say_who_lives)))
            os.waitpid(life, 0)


async def say_who_lives() -> None:
    say(os.getpid())


def say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
