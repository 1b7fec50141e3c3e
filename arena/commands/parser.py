"""Command lines: argparse, which also suggests the nearest known word for a mistyped one."""

import argparse
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

CHOICE = re.compile(r"invalid choice: '(?P<said>[^']*)'")


class CommandParser(argparse.ArgumentParser):
    """A parser whose subparsers are of the same class. Each reports unknown options itself."""

    _words: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, and refuse unknown arguments here: the parent parser does not know the options of this one."""
        self._words = tuple(args or ())
        namespace, left_over = super().parse_known_args(args, namespace)
        if left_over:
            self.error(f"unrecognized arguments: {' '.join(left_over)}")
        return namespace, left_over

    def called(self, arguments: Sequence[str]) -> str:
        """Return the command with its action, as typed, and without arguments, which may hold anything."""
        groups = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        known = {name for group in groups for name in group.choices}
        return " ".join([self.prog, *[word for word in arguments if word in known][:1]])

    def error(self, message: str) -> NoReturn:
        """Print the fault and a suggestion, and exit with 2."""
        near = next(self._nearest(message), None)
        super().error(f"{message}\nDid you mean `{near}`?" if near else message)

    def _nearest(self, message: str) -> Iterator[str]:
        """Yield known words that resemble the mistyped ones, the nearest first."""
        if found := CHOICE.search(message):
            choices = [str(choice) for action in self._actions for choice in action.choices or ()]
            yield from get_close_matches(found["said"], choices, n=1)
        options = list(self._option_string_actions)
        for word in self._words:
            said = word.partition("=")[0]
            if said.startswith("--") and not any(option.startswith(said) for option in options):
                yield from get_close_matches(said, options, n=1)
