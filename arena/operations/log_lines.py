"""Log lines of the serving process: each has its time (UTC), its level and its place, and none has a key."""

import logging
import re
import time

# What API keys and bearer tokens of the usual vendors look like, in case a library quotes one.
KEY_LIKE = re.compile(r"\b(?:sk|gsk|xai|pplx|hf|key|AIza)[-_]?[\w-]{16,}|(?<=Bearer )\S+")


class _TimedFormatter(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        return KEY_LIKE.sub("[key]", super().format(record))


def write_log_lines() -> None:
    """Write warnings and errors of the whole process to stderr; does nothing if something else writes them already."""
    handler = logging.StreamHandler()
    handler.setFormatter(_TimedFormatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
