"""The `arena` command: finds the subcommand, runs it, and turns a person's mistake into one sentence.

A subcommand is a module with `configure(parser)` and `run(args, environment) -> int`, imported only when it is
called, so that `arena --help` stays quick.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from arena.command_parser import CommandParser
from arena.errors import ArenaError
from arena.settings import process_environment
from arena.version import program_version
from generation.errors import GenerationError
from generation.extras import lacking
from leaderboard.errors import LeaderboardError

COMMANDS = {
    "serve": ("arena.commands.serve", "start the arena"),
    "contenders": ("arena.commands.contenders", "register, check and activate contenders"),
    "leaderboard": ("arena.commands.leaderboard", "print the ratings"),
    "votes": ("arena.commands.votes", "export and import votes, exclude or restore them"),
    "train": ("training.cli", "fine-tune by a recipe"),
    "benchmarks": ("arena.commands.benchmarks", "import automatic benchmarks, shown beside the ratings"),
    "moderation": ("arena.commands.moderation", "list what was flagged, and check what could not be checked"),
    "audit": ("arena.commands.audit", "label a sample of generated examples on a page"),
    "generate": ("generation.cli", "make instruction data with Self-Instruct"),
    "db": ("arena.commands.db", "create or upgrade the database"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run `arena argv…` and return its exit code: 0 done, 1 failed, 2 wrong use or bad file, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = CommandParser(
        prog="arena",
        description="A self-hosted arena: blind battles, votes in SQL, a leaderboard.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="commands:\n" + "\n".join(f"  {name:<12} {about}" for name, (_, about) in COMMANDS.items()),
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {program_version()}")
    parser.add_argument("command", choices=COMMANDS, metavar="command", help="one of the commands below")
    command: str = parser.parse_args(arguments[:1]).command

    try:
        return _run(command, arguments[1:])
    except (ArenaError, GenerationError, LeaderboardError) as error:
        return _tell(error)
    except ModuleNotFoundError as error:
        if told := lacking(error, f"`arena {command}`"):
            return _tell(told)
        raise
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; nothing is left to tell it.
        sys.stderr.close()
        return 1


def _run(command: str, arguments: Sequence[str]) -> int:
    module_name, about = COMMANDS[command]
    module = importlib.import_module(module_name)
    subparser = CommandParser(prog=f"arena {command}", description=about[0].upper() + about[1:] + ".")
    module.configure(subparser)
    code: int = module.run(subparser.parse_args(arguments), process_environment())
    return code


def _tell(error: ArenaError | GenerationError | LeaderboardError) -> int:
    print(f"error: {error}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
