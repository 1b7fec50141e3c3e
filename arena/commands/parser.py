"""Command lines: argparse, but a word that is nearly right is answered with the one that was meant."""

import argparse
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

CHOICE = re.compile(r"invalid choice: '(?P<said>[^']*)'")


class CommandParser(argparse.ArgumentParser):
    """A parser whose subparsers are of its kind. Each tells of the options that it does not know itself."""

    _words: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, but refuse what is left over here, where the command's own options are known."""
        self._words = tuple(args or ())
        namespace, left_over = super().parse_known_args(args, namespace)
        if left_over:
            self.error(f"unrecognized arguments: {' '.join(left_over)}")
        return namespace, left_over

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and what may have been meant, and exit with 2."""
        near = next(self._nearest(message), None)
        super().error(f"{message}\nDid you mean `{near}`?" if near else message)

    def _nearest(self, message: str) -> Iterator[str]:
        """Yield known words that are like those that were said."""
        if found := CHOICE.search(message):
            choices = [str(choice) for action in self._actions for choice in action.choices or ()]
            yield from get_close_matches(found["said"], choices, n=1)
        options = list(self._option_string_actions)
        for word in self._words:
            said = word.partition("=")[0]
            if said.startswith("--") and not any(option.startswith(said) for option in options):
                yield from get_close_matches(said, options, n=1)
