"""Labelling a whole audit, and the command that prints it."""

import argparse

import pytest

from generation.auditing.audit import FIELDS, Audit
from generation.commands import audit as command


def label_whole(audit: Audit, by: str, bad: dict[int, str]) -> None:
    """Label each row of the sample; `bad` names the faulty field of some, by their place."""
    for place, row in enumerate(audit.rows):
        for field in FIELDS:
            audit.label(row.number, field, bad.get(place) != field, by=by)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what `arena generate audit` prints."""
    parser = argparse.ArgumentParser()
    command.configure(parser)
    assert command.run(parser.parse_args(arguments), {}) == 0
    return capsys.readouterr().out
