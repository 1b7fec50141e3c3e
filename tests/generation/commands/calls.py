"""The commands of `arena generate`, as tests call them."""

import argparse
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arena.cli import main
from generation.dataset import write_jsonl
from tests.endpoints.openai_server import FakeEndpoint


def generate(*arguments: object) -> int:
    """Run a command as the program does: what a person must correct is printed, and 2 returned."""
    return main(["generate", *map(str, arguments)])


def run_at(endpoint: FakeEndpoint, out: Path, *flags: object, model: str = "teacher") -> int:
    """Run the alpaca recipe at an endpoint."""
    return generate("run", "alpaca", "--url", endpoint.url, "--model", model, "--out", out, *flags)


def call(command: str, *arguments: str | Path) -> int:
    """Run a command by itself: what a person must correct is raised."""
    module = importlib.import_module(f"generation.commands.{command.replace('-', '_')}")
    parser = argparse.ArgumentParser()
    module.configure(parser)
    return int(module.run(parser.parse_args([str(each) for each in arguments]), {}))


def rows_at(path: Path, *rows: Mapping[str, Any]) -> Path:
    """Write rows of JSON to a file."""
    write_jsonl(path, rows)
    return path
