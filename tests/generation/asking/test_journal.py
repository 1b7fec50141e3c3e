"""The journal: whole after every kind of end, one writer at a time."""

import json
import os
import resource
import signal
from pathlib import Path

import pytest

from generation.asking.journal import Answer, Journal, events
from generation.conversation import Usage
from generation.errors import BadInput, GenerationError

# Said of every fork beside other threads. Our child uses none of them, and ends at once.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
ANSWER = Answer("한국어 {text}\nin two lines", "stop", Usage(3, 5, 1), structured=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append("opened", identity="abc")
        journal.append("asked", request="task/0")
        journal.record_answer("task/0", ANSWER)
        journal.append("asked", request="task/1")
        journal.append("failed", request="task/1", kind="stalled")
    return path


def test_what_was_written_is_there_again(path: Path):
    with Journal(path) as journal:
        assert journal.answers == {"task/0": ANSWER}
        assert journal.identity == "abc"
        assert journal.asked == {"task/0": 1, "task/1": 1}
        assert journal.failures == {"stalled": 1}
        assert journal.lost == 0


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_dropped_and_written_over(path: Path, cut: int):
    with Journal(path) as journal:
        journal.append("asked", request="task/2")
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    path.write_bytes(whole[: last + cut])
    assert [event["event"] for event in events(path)][-1] == "failed"
    with Journal(path) as journal:
        assert "task/2" not in journal.asked
        journal.append("asked", request="task/3")
    assert [event.get("request") for event in events(path)][-2:] == ["task/1", "task/3"]


def test_an_answer_that_lost_only_its_newline_is_not_paid_for_again(path: Path):
    with Journal(path) as journal:
        journal.record_answer("task/1", ANSWER)
    path.write_bytes(path.read_bytes()[:-1])
    with Journal(path) as journal:
        assert "task/1" in journal.answers
        journal.append("asked", request="task/2")
    assert [event.get("request") for event in events(path)][-2:] == ["task/1", "task/2"]


def test_broken_lines_in_the_middle_are_named_and_nothing_is_changed(path: Path):
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1:1] = [b"<html>\n", b"[1, 2]\n"]
    path.write_bytes(b"".join(lines))
    with pytest.raises(BadInput, match=r"line 2\n.*line 3"):
        Journal(path)
    assert path.read_bytes() == b"".join(lines)


def test_a_second_process_is_refused(path: Path):
    with Journal(path):
        child = os.fork()
        if child == 0:
            try:
                Journal(path)
            except GenerationError as error:
                os._exit(0 if "is in use" in str(error) else 2)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with Journal(path) as journal:
        assert journal.answers


def test_what_was_in_flight_at_a_kill_is_counted(path: Path):
    child = os.fork()
    if child == 0:
        journal = Journal(path)
        for request in ("task/1", "task/2"):
            journal.append("asked", request=request)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with Journal(path) as journal:
        assert journal.lost == 2


def test_a_full_disk_ends_in_a_sentence_and_a_whole_journal(path: Path):
    whole = path.read_bytes()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 100, len(whole) + 100))
        try:
            Journal(path).record_answer("task/1", ANSWER)
        except GenerationError as error:
            os._exit(0 if "cannot be written" in str(error) and error.hint else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert path.read_bytes() == whole


def test_an_answer_is_safe_from_a_power_cut_before_anybody_reads_it(path: Path, monkeypatch: pytest.MonkeyPatch):
    safe: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: safe.append(os.fstat(file).st_size))
    with Journal(path) as journal:
        journal.record_answer("task/1", ANSWER)
        assert safe[-1] == path.stat().st_size
        journal.append("given_up", request="task/2", kind="stalled", sentence="No answer came.")
        assert safe[-1] == path.stat().st_size


def test_the_time_between_two_sessions_is_no_time_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    clock = iter([1000.0, 1060.0, 90_000.0, 90_030.0])
    monkeypatch.setattr("generation.asking.journal.time.time", lambda: next(clock))
    for _ in range(2):
        with Journal(tmp_path / "journal.jsonl") as journal:
            journal.append("opened", identity="abc")
            journal.append("stopped", reason="interrupted")
    with Journal(tmp_path / "journal.jsonl") as journal:
        assert journal.seconds == 90
        assert journal.opened_at == 1000


def test_a_line_is_readable_json_with_a_time(path: Path):
    first = json.loads(path.read_text().splitlines()[0])
    assert first["event"] == "opened"
    assert first["at"] > 1_700_000_000
    assert "한국어" in path.read_text()
