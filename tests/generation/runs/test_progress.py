"""Where a run stands, for people: a panel on a terminal, lines elsewhere."""

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from generation.runs.progress import ProgressView, dollars, duration
from tests.endpoints.openai_server import FakeEndpoint


def test_a_terminal_sees_a_panel(tmp_path: Path, fake_endpoint: FakeEndpoint):
    ours, theirs = pty.openpty()
    command = ["run", "alpaca", "--url", fake_endpoint.url, "--model", "teacher:late=0.2", "--target", "40"]
    process = subprocess.Popen(
        [sys.executable, "-m", "arena", "generate", *command, "--out", tmp_path / "run"],
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
    )
    os.close(theirs)
    seen = b""
    while chunk := _read(ours):
        seen += chunk
    os.close(ours)
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode())
    for word in ("alpaca · teacher", "kept", "parsed", "asked", "yield", "time left", "last kept"):
        assert word in text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other side has closed
        return b""


@pytest.mark.parametrize(
    ("amount", "text"), [(None, "no price"), (0.00316, "$0.0032"), (1, "$1.00"), (12345.678, "$12,345.68")]
)
def test_small_amounts_are_shown_with_more_digits(amount: float | None, text: str):
    assert dollars(amount) == text


@pytest.mark.parametrize(
    ("hours", "text"), [(0.001, "under a minute"), (0.5, "30 min"), (1, "1 h 00 min"), (27.09, "27 h 05 min")]
)
def test_a_time_is_shown_in_hours_and_minutes(hours: float, text: str):
    assert duration(hours) == text


def test_a_log_gets_a_line_at_most_every_ten_seconds_and_no_panel(monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr("generation.runs.progress.time.monotonic", lambda: now[0])
    stream, shown = io.StringIO(), []
    with ProgressView(stream) as view:
        monkeypatch.setattr(view, "show", lambda progress: shown.append((now[0], progress)))
        for moment in (100, 109, 110, 111, 119, 120.5):
            now[0] = moment
            view.update(lambda: "progress")  # type: ignore[arg-type,return-value]
        view.say("Waiting.")
    assert [at for at, _ in shown] == [110, 120.5]
    assert stream.getvalue() == "Waiting.\n"
