"""`arena generate` as people meet it: what it prints, what it returns, what a mistake gets."""

import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from arena.cli import main
from generation.cli import COMMANDS
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.conftest import rows


def generate(*arguments: object) -> int:
    return main(["generate", *map(str, arguments)])


def run_at(endpoint: FakeEndpoint, out: Path, *flags: object, model: str = "teacher") -> int:
    return generate("run", "alpaca", "--url", endpoint.url, "--model", model, "--out", out, *flags)


def test_a_run_from_the_command_line(tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]):
    assert run_at(fake_endpoint, tmp_path / "run", "--target", 30) == 0
    told = capsys.readouterr()
    assert told.out == f"{tmp_path / 'run' / 'alpaca.json'}\n"
    assert "The target of 30 is reached." in told.err
    assert "Estimate: $" not in told.err
    assert "Estimate: no price known, " in told.err, "no price is known for this teacher"
    assert re.search(r"kept \d+ of 30 · parsed \d+ · asked \d+ requests", told.err)


def test_limits_return_three_and_say_how_to_go_on(
    tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "run"
    assert run_at(fake_endpoint, out, "--max-requests", 2) == 3
    assert f"Go on with: arena generate resume {out}" in capsys.readouterr().err
    kept = len(rows(out / "examples.jsonl"))
    assert kept > 20
    assert generate("resume", out, "--max-requests", 4, "--target", 40) == 0
    assert len(rows(out / "examples.jsonl")) >= 40
    assert len(fake_endpoint.calls) <= 4


def test_a_limit_of_money_needs_a_price_and_holds(
    tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "run"
    assert run_at(fake_endpoint, out, "--max-cost", "0.01") == 2
    assert "stop.max_cost: needs a price" in capsys.readouterr().err
    assert not fake_endpoint.calls
    assert run_at(fake_endpoint, out, "--max-cost", "0.01", "--price-in", "0.15", "--price-out", "0.6") == 3
    summary = json.loads((out / "summary.json").read_text())
    assert 0.006 < summary["cost_usd"] <= 0.01
    assert summary["stopped"]["reason"] == "cost"


def test_a_missing_key_is_named_before_anything_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fake_endpoint: FakeEndpoint
):
    monkeypatch.delenv("MY_KEY", raising=False)
    out = tmp_path / "run"
    assert run_at(fake_endpoint, out, "--api-key-env", "MY_KEY") == 2
    assert "The environment variable MY_KEY is not set" in capsys.readouterr().err
    monkeypatch.setenv("MY_KEY", "sk-secret-123")
    assert run_at(fake_endpoint, out, "--api-key-env", "MY_KEY", "--target", 5) == 0
    assert fake_endpoint.calls[0].headers["authorization"] == "Bearer sk-secret-123"
    assert not any(b"sk-secret" in path.read_bytes() for path in out.iterdir())


def test_the_shipped_recipes_key_is_not_sent_to_another_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_endpoint: FakeEndpoint
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-123")
    assert run_at(fake_endpoint, tmp_path / "run", "--target", 5) == 0
    assert "authorization" not in fake_endpoint.calls[0].headers


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


def test_a_changed_recipe_is_refused_for_a_run_that_has_begun(
    tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "run"
    run_at(fake_endpoint, out, "--target", 5)
    recipe = out / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("temperature = 1.0", "temperature = 0.5"))
    assert generate("resume", out) == 2
    assert "was begun with another recipe" in capsys.readouterr().err


def test_an_estimate_is_a_table(tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]):
    assert generate("estimate", "alpaca") == 0
    told = capsys.readouterr().out
    assert re.search(r"cost +\$\d+\.\d\d +\$\d+\.\d\d +\$\d+\.\d\d\n", told)
    assert "listed on 20" in told
    run_at(fake_endpoint, tmp_path / "run", "--max-requests", 3)
    capsys.readouterr()
    assert generate("estimate", tmp_path / "run") == 0
    assert "No price is known for this model" in capsys.readouterr().out


def test_distilling_from_the_command_line(tmp_path: Path, fake_endpoint: FakeEndpoint):
    file = tmp_path / "tasks.jsonl"
    file.write_text('{"instruction": "Greet."}\n')
    out = tmp_path / "run"
    assert generate("distill", file, "--url", fake_endpoint.url, "--model", "answerer", "--out", out) == 0
    (kept,) = json.loads((out / "alpaca.json").read_text())
    assert kept == {"instruction": "Greet.", "input": "", "output": "My answer to: Greet."}


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


@pytest.mark.parametrize("command", ["run", "resume", "estimate", "distill", "batch"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        generate(command, "--help")
    assert ended.value.code == 0
    assert COMMANDS[command][1][1:30] in capsys.readouterr().out


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        generate("--help")
    told = capsys.readouterr().out
    assert all(name in told for name in COMMANDS)
