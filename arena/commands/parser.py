"""Command lines: argparse, but a word that is nearly right is answered with the one that was meant."""

import argparse
import re
from difflib import get_close_matches
from typing import NoReturn

CHOICE = re.compile(r"invalid choice: '(?P<said>[^']*)' \(choose from (?P<known>.*)\)")
OPTION = re.compile(r"unrecognized arguments: (?P<said>--[^\s=]+)")


class CommandParser(argparse.ArgumentParser):
    """A parser whose subparsers are of its kind."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and what may have been meant, and exit with 2."""
        near = get_close_matches(*self._said_and_known(message), n=1)
        super().error(f"{message}\nDid you mean `{near[0]}`?" if near else message)

    def _said_and_known(self, message: str) -> tuple[str, list[str]]:
        if found := CHOICE.search(message):
            return found["said"], re.findall(r"'([^']*)'", found["known"])
        if found := OPTION.search(message):
            return found["said"], re.findall(r"--[a-z][a-z-]*", self.format_usage())
        return "", []
