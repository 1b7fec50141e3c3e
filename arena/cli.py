"""The `arena` command: finds the subcommand, runs it, and reports a person's mistake in one sentence.

A command is a module with `configure(parser)` and `run(args, environment) -> int`; a group of commands is a module with
`COMMANDS`. A module with both, such as that of `arena train`, runs itself unless one of its commands is named. A module
is imported only when its command is called, so `arena --help` stays quick.
"""

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType

from arena.audit_log.acting import acting
from arena.commands.parser import CommandParser
from arena.errors import ArenaError
from arena.settings import process_environment, variable_of
from arena.version import program_version
from generation.errors import GenerationError
from generation.extras import lacking
from leaderboard.errors import LeaderboardError

# name → (module, description)
Commands = Mapping[str, tuple[str, str]]

COMMANDS: Commands = {
    "serve": ("arena.commands.serve", "start the arena"),
    "contenders": ("arena.commands.contenders", "register, check and activate contenders"),
    "leaderboard": ("arena.commands.leaderboard", "print the ratings"),
    "campaign": ("arena.commands.campaign", "compare contenders on fixed prompts with invited raters"),
    "votes": ("arena.commands.votes", "export and import votes, exclude or restore them"),
    "train": ("training.cli", "fine-tune by a recipe"),
    "benchmarks": ("arena.commands.benchmarks", "import automatic benchmarks, shown beside the ratings"),
    "audit-log": ("arena.commands.audit_log", "show who changed what and when, and verify that nobody altered it"),
    "moderation": ("arena.commands.moderation", "decide on what was flagged, and check what could not be checked"),
    "leaks": ("arena.commands.leaks", "measure how well contenders are recognised before the vote"),
    "release": ("arena.commands.release", "make releases of votes and texts, and verify them"),
    "privacy": ("arena.commands.privacy", "erase what voters left, enforce retention, trace exports"),
    "audit": ("arena.commands.audit", "label a sample of generated examples on a page"),
    "generate": ("generation.cli", "make instruction data with Self-Instruct"),
    "settings": ("arena.commands.settings", "print what environment variables set, and check them"),
    "db": ("arena.commands.db", "create or upgrade the database"),
}
ABOUT = "a self-hosted arena: blind battles, votes in SQL, a leaderboard"


def main(argv: Sequence[str] | None = None) -> int:
    """Run `arena argv…` and return its exit code: 0 done, 1 failed, 2 wrong use or bad file, 130 interrupted."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        command, parser, arguments = _find(words)
        command.configure(parser)
        environment = process_environment()
        with acting(parser.called(arguments), who=environment.get(variable_of("maintainer"), "")):
            code: int = command.run(parser.parse_args(arguments), environment)
    except (ArenaError, GenerationError, LeaderboardError) as error:
        return _tell(error)
    except ModuleNotFoundError as error:
        if told := lacking(error, f"`arena {words[0]}`"):
            return _tell(told)
        raise
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whatever read our output has gone, so nothing more can be printed.
        sys.stderr.close()
        return 1
    except OSError as error:
        # A file or folder that the user named. Any other OSError is a bug or a fault of the system: keep its traceback.
        if error.filename is None:
            raise
        print(f"error: {error.filename}: {error.strerror}.", file=sys.stderr)
        return 2
    return code


def _find(arguments: list[str]) -> tuple[ModuleType, CommandParser, list[str]]:
    """Return the module of the named command, the parser for its arguments, and these arguments."""
    commands, prog, about = COMMANDS, "arena", ABOUT
    while True:
        group = _parser(prog, about, commands)
        group.add_argument("--version", action="version", version=f"arena {program_version()}")
        group.add_argument("command", choices=commands, metavar="command", help="one of the commands below")
        if not arguments:
            group.print_help(sys.stderr)
            sys.exit(2)
        name: str = group.parse_args(arguments[:1]).command
        module_name, about = commands[name]
        module, prog, arguments = importlib.import_module(module_name), f"{prog} {name}", arguments[1:]
        commands = getattr(module, "COMMANDS", {})
        names_another = bool(arguments) and arguments[0] in commands
        if hasattr(module, "run") and not names_another:
            return module, _parser(prog, about, commands), arguments


def _parser(prog: str, about: str, commands: Commands) -> CommandParser:
    width = max(map(len, commands), default=0) + 2
    listed = "\n".join(["commands:", *(f"  {name:<{width}}{what}" for name, (_, what) in commands.items())])
    return CommandParser(
        prog=prog,
        description=about[0].upper() + about[1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=listed if commands else None,
    )


def _tell(error: ArenaError | GenerationError | LeaderboardError) -> int:
    print(f"error: {error}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
