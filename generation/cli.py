"""`arena generate`: finds the subcommand and hands over to its module, imported only then."""

import argparse
import importlib
from collections.abc import Mapping

from generation.errors import GenerationError

COMMANDS = {
    "run": "generate instructions by a recipe",
    "resume": "go on with a run; nothing is paid for twice",
    "estimate": "say what a recipe or the rest of a run will cost",
    "distill": "have a teacher answer given instructions",
    "batch": "write and read batch files, at half the price",
    "dedup": "find near-duplicates",
    "decontaminate": "find evaluation prompts in a data set",
    "convert": "turn a data set into another format",
    "clean-sharegpt": "clean shared conversations for training",
    "fetch": "fetch a data set that may not be shipped, after showing its terms",
    "report": "write an HTML page about a run",
    "audit": "have a sample labelled in a spreadsheet, and say the share that is faulty",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "commands:\n" + "\n".join(f"  {name:<15} {about}" for name, about in COMMANDS.items())
    parser.add_argument("command", choices=COMMANDS, metavar="command", help="one of the commands below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="…", help="its arguments")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run a subcommand and return its exit code."""
    module = importlib.import_module("generation.commands." + args.command.replace("-", "_"))
    about = COMMANDS[args.command]
    parser = argparse.ArgumentParser(
        prog=f"arena generate {args.command}", description=about[0].upper() + about[1:] + "."
    )
    module.configure(parser)
    try:
        code: int = module.run(parser.parse_args(args.arguments), environment)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise GenerationError(f"{error.filename or 'A file'}: {error.strerror}.") from error
    return code
