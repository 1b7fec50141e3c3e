"""`arena generate distill`, as a person calls it."""

import json
from pathlib import Path

from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.commands.calls import generate


def test_distilling_from_the_command_line(tmp_path: Path, fake_endpoint: FakeEndpoint):
    file = tmp_path / "tasks.jsonl"
    file.write_text('{"instruction": "Greet."}\n')
    out = tmp_path / "run"
    assert generate("distill", file, "--url", fake_endpoint.url, "--model", "answerer", "--out", out) == 0
    (kept,) = json.loads((out / "alpaca.json").read_text())
    assert kept == {"instruction": "Greet.", "input": "", "output": "My answer to: Greet."}
