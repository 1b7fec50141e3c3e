"""`arena generate` as people meet it: what it prints, what it returns, what a mistake gets."""

import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.commands.calls import generate, run_at
from tests.generation.conftest import rows


def test_a_run_from_the_command_line(tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]):
    assert run_at(fake_endpoint, tmp_path / "run", "--target", 30) == 0
    told = capsys.readouterr()
    assert told.out == f"{tmp_path / 'run' / 'alpaca.json'}\n"
    assert "The target of 30 is reached." in told.err
    assert "Estimate: $" not in told.err
    assert "Estimate: no price known, " in told.err, "no price is known for this teacher"
    assert re.search(r"kept \d+ of 30 · parsed \d+ · asked \d+ requests", told.err)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("http-401", "Incorrect API key provided"),
        ("quota", "You exceeded your current quota"),
        ("html", "failed 3 times in a row"),
        ("ok", "10 requests in a row brought no task"),
    ],
)
def test_an_endpoint_that_does_not_answer_gets_a_sentence_and_one(
    tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str], model: str, sentence: str
):
    assert run_at(fake_endpoint, tmp_path / "run", model=model) == 1
    told = capsys.readouterr().err
    assert sentence in told
    assert "Traceback" not in told
    assert rows(tmp_path / "run" / "journal.jsonl")[-1]["event"] == "stopped"


def test_an_unreachable_endpoint_gets_a_sentence_and_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    url = "http://127.0.0.1:9/v1"
    assert generate("run", "alpaca", "--url", url, "--model", "m", "--out", tmp_path / "run") == 1
    assert url in capsys.readouterr().err


def test_wrong_recipes_and_folders_get_a_sentence_and_two(
    tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]
):
    recipe = tmp_path / "mine.toml"
    recipe.write_text('method = "alpaca"\n[sampling]\ntemprature = 1\n')
    occupied = tmp_path / "occupied"
    occupied.mkdir()
    (occupied / "thesis.txt").write_text("years of work")
    begun = tmp_path / "begun"
    run_at(fake_endpoint, begun, "--target", 5)
    for arguments, sentence in (
        (["run", recipe], "did you mean `temperature`?"),
        (["run", "alpacca"], "There is no recipe alpacca"),
        (["run", "demo", "--out", occupied], "is not empty"),
        (["run", "demo", "--out", begun], "holds a run"),
        (["resume", tmp_path / "nowhere"], "holds no run"),
        (["run", "demo", "--target", -1], "stop.target: must be a whole number above 0, not -1"),
        (["run", "alpaca", "--price-in", 1, "--out", tmp_path / "new"], "price.output: is missing"),
    ):
        assert generate(*arguments) == 2
        assert sentence in capsys.readouterr().err


def arena(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "arena", "generate", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)


def test_ctrl_c_waits_for_what_is_paid_for_and_the_rest_can_be_resumed(tmp_path: Path, fake_endpoint: FakeEndpoint):
    out = tmp_path / "run"
    flags = ["--url", fake_endpoint.url, "--model", "teacher:late=0.5", "--concurrency", 3, "--out", out]
    process = arena("run", "alpaca", *flags)
    assert fake_endpoint._wait_for(lambda endpoint: len(endpoint.calls) >= 5, 60)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "answers that are paid for" in told
    assert f"arena generate resume {out}" in told
    answered = [event for event in rows(out / "journal.jsonl") if event["event"] == "answered"]
    assert len(answered) == len(fake_endpoint.calls)
    assert generate("resume", out, "--target", 60) == 0


def test_a_full_disk_stops_the_run_with_a_whole_journal(tmp_path: Path, fake_endpoint: FakeEndpoint):
    limit = 250_000
    out = tmp_path / "run"
    process = arena(
        "run", "alpaca", "--url", fake_endpoint.url, "--model", "teacher", "--concurrency", 2, "--out", out,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "journal.jsonl cannot be written: the disk is full." in told
    assert "Make room, then resume" in told
    answered = [event for event in rows(out / "journal.jsonl") if event["event"] == "answered"]
    assert len(answered) <= len(fake_endpoint.calls) <= len(answered) + 2
